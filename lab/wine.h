// Wine, where the lab's Windows hosts run: each is a Wine prefix of its own, made as a copy of a template.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "lab/process.h"

namespace keyturn::lab {

struct WineSettings {
  std::filesystem::path program;  // wine64; empty: where Debian has it. wineserver is beside it
  // Holds the template, which is made once and stays, and the prefixes, which are hard links to its files.
  // Empty:
  // ~/.cache/keyturn-lab/wine.
  std::filesystem::path folder;
};

// Thread-safe. The prefixes and all that runs in them end with this object; and with the process, even one
// that is killed: a shell waits for that, and cleans up.
class Wine {
 public:
  // Makes the template if there is none (some seconds). ErrorKind::usage where there is no Wine.
  static Result<std::unique_ptr<Wine>> open(const WineSettings& settings);
  ~Wine();
  Wine(const Wine&) = delete;
  Wine& operator=(const Wine&) = delete;

  // A new Windows, booted and with its services, in about a second. `name` is that of a folder.
  Result<std::filesystem::path> make_prefix(const std::string& name);
  // Runs a Windows program to its end; an exit status other than 0 is an error with what it said.
  Result<void> run(const std::filesystem::path& prefix, const std::vector<std::string>& command) const;

  // Of a process in that prefix: what Wine itself needs.
  [[nodiscard]] std::map<std::string, std::string> environment(const std::filesystem::path& prefix) const;
  [[nodiscard]] const std::filesystem::path& program() const { return program_; }

 private:
  Wine(std::filesystem::path program, std::filesystem::path server, std::filesystem::path folder)
      : program_(std::move(program)), server_(std::move(server)), folder_(std::move(folder)) {}
  Result<void> make_own_folder();
  Result<void> remove_what_others_left() const;
  Result<void> make_template() const;
  [[nodiscard]] Result<void> run_in(const std::filesystem::path& prefix,
                                    const std::vector<std::string>& command) const;

  const std::filesystem::path program_;
  const std::filesystem::path server_;
  const std::filesystem::path folder_;
  std::filesystem::path own_;  // this lab's prefixes
  int lock_ = -1;              // on own_/lock, as long as this process lives
  std::unique_ptr<Process> guardian_;
};

// How a program under Wine names a file of this machine: "Z:\tmp\ca.pem".
std::string windows_path(const std::filesystem::path& path);

}  // namespace keyturn::lab
