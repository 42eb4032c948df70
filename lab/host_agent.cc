#include "lab/host_agent.h"

#include <fstream>

namespace keyturn::lab {
namespace {

// The agent keeps 24,000 and 8,000 characters; the rest of a file need not be read.
constexpr std::size_t kMostOutput = 65'536;

std::string head_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMostOutput, '\0');
  stream.read(text.data(), std::streamsize(text.size()));
  text.resize(std::size_t(stream.gcount()));
  return text;
}

sim::AgentResult failure(const std::string& sentence) { return {1, {}, sentence + "\n"}; }

}  // namespace

void HostAgent::start(const sim::AgentJob& job) {
  const auto host = hosts_.find(job.instance_id);
  Job begun = host ? begin(*host, job) : Job{{}, {}, failure(host.error().message)};
  const std::lock_guard lock(mutex_);
  jobs_[{job.command_id, job.instance_id}] = std::move(begun);
}

HostAgent::Job HostAgent::begin(const Host& host, const sim::AgentJob& job) const {
  if (job.plugin != "aws:runShellScript" || host.root.empty())
    return {{},
            {},
            failure("keyturn-lab can't run " + job.plugin + " on " + host.machine + " (" + host.platform +
                    "): its hosts run shell scripts on Linux.")};
  Job made;
  made.folder = host.root / "var/lib/amazon/ssm" / job.command_id / job.step;
  const std::filesystem::path script = made.folder / "_script.sh";
  std::error_code problem;
  std::filesystem::create_directories(made.folder, problem);
  std::ofstream stream(script, std::ios::trunc);
  stream << job.script;
  stream.close();
  if (problem || !stream) return {{}, {}, failure("The lab can't write " + script.string() + ".")};
  ProcessSpec spec{{"/bin/sh", script.string()},
                   host.environment,
                   made.folder,
                   made.folder / "stdout",
                   made.folder / "stderr"};
  spec.environment["SSM_COMMAND_ID"] = job.command_id;
  auto process = hosts_.processes().start(host.instance_id, spec);
  if (!process) return {{}, {}, failure(process.error().message)};
  made.process = *std::move(process);
  return made;
}

std::optional<sim::AgentResult> HostAgent::poll(const std::string& command_id,
                                                const std::string& instance_id) {
  const auto host = hosts_.find(instance_id);
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find({command_id, instance_id});
  if (found == jobs_.end()) return std::nullopt;
  if (host && !host->running) {  // it went down with all that it ran
    jobs_.erase(found);
    return std::nullopt;
  }
  if (host && !host->online()) return std::nullopt;
  Job& job = found->second;
  sim::AgentResult result = job.result;
  if (job.process) {
    const auto status = job.process->poll();
    if (!status) return std::nullopt;
    result = {*status, head_of(job.folder / "stdout"), head_of(job.folder / "stderr")};
  }
  jobs_.erase(found);
  return result;
}

void HostAgent::kill(const std::string& command_id, const std::string& instance_id) {
  const std::lock_guard lock(mutex_);
  jobs_.erase({command_id, instance_id});  // with its process
}

void HostAgent::stop_all() {
  const std::lock_guard lock(mutex_);
  jobs_.clear();
}

}  // namespace keyturn::lab
