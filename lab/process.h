// A child process in a process group of its own, so that nothing that it starts outlives it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace keyturn::lab {

struct ProcessSpec {
  std::vector<std::string> command;  // an absolute path, then its arguments: any user can read both
  std::map<std::string, std::string> environment;  // all that it gets
  std::filesystem::path folder;                    // it starts there
  std::filesystem::path stdout_file;               // both are made, or overwritten; private to the user
  std::filesystem::path stderr_file;
};

// Thread-safe. Standard input is empty; signals are as a shell leaves them.
class Process {
 public:
  static Result<std::unique_ptr<Process>> start(const ProcessSpec& spec);
  ~Process();  // kills what is left of the group
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t id() const { return id_; }
  // The exit status once it has ended, as a shell tells it: 128 and the signal's number where one ended it.
  // What it left running in its group is killed then.
  std::optional<int> poll();
  void kill();  // SIGKILL to the whole group; poll() tells the end
  // SIGSTOP and SIGCONT to the whole group: it gets no time in between.
  void freeze();
  void thaw();

 private:
  explicit Process(pid_t id) : id_(id) {}
  void send(int signal);

  const pid_t id_;
  std::mutex mutex_;
  std::optional<int> status_;  // once it is reaped: from then on the id may be somebody else's
};

}  // namespace keyturn::lab
