// The SSM agents of the lab's hosts: they run a document's shell step as a real process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "lab/hosts.h"
#include "sim/ssm.h"

namespace keyturn::lab {

// Thread-safe. A step is `sh _script.sh` in a folder of the host's, as the real agent runs it; on Windows it
// is keyturn.exe under Wine, started as the document's PowerShell would (lab/windows_step.h). A host that is
// offline goes on with what it runs and tells the result when it is back; one that stops tells nothing.
class HostAgent final : public sim::Agent {
 public:
  explicit HostAgent(Hosts& hosts) : hosts_(hosts) {}

  void start(const sim::AgentJob& job) override;
  std::optional<sim::AgentResult> poll(const std::string& command_id,
                                       const std::string& instance_id) override;
  void kill(const std::string& command_id, const std::string& instance_id) override;
  // Kills whatever still runs.
  void stop_all();

 private:
  struct Job {
    std::shared_ptr<Process> process;  // null: it could not be started
    std::filesystem::path folder;
    sim::AgentResult result;  // of one without a process
    bool is_windows = false;
  };
  static Job failed(const std::string& sentence);
  [[nodiscard]] Job begin(const Host& host, const sim::AgentJob& job) const;
  [[nodiscard]] Job begin_shell(const Host& host, const sim::AgentJob& job) const;
  [[nodiscard]] Job begin_windows(const Host& host, const sim::AgentJob& job) const;
  [[nodiscard]] Job run(const Host& host, const sim::AgentJob& job, const std::filesystem::path& folder,
                        std::vector<std::string> command,
                        std::map<std::string, std::string> environment) const;

  Hosts& hosts_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Job> jobs_;  // by command and instance
};

}  // namespace keyturn::lab
