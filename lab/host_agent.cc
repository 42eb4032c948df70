#include "lab/host_agent.h"

#include <fstream>

#include "lab/windows_step.h"

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

bool write_script(const std::filesystem::path& file, const std::string& script) {
  std::error_code problem;
  std::filesystem::create_directories(file.parent_path(), problem);
  std::ofstream stream(file, std::ios::trunc);
  stream << script;
  stream.close();
  return !problem && stream;
}

}  // namespace

void HostAgent::start(const sim::AgentJob& job) {
  const auto host = hosts_.find(job.instance_id);
  Job begun = host ? begin(*host, job) : failed(host.error().message);
  const std::lock_guard lock(mutex_);
  jobs_[{job.command_id, job.instance_id}] = std::move(begun);
}

HostAgent::Job HostAgent::failed(const std::string& sentence) { return {{}, {}, {1, {}, sentence + "\n"}}; }

HostAgent::Job HostAgent::begin(const Host& host, const sim::AgentJob& job) const {
  if (job.plugin == "aws:runShellScript" && host.platform == "linux") return begin_shell(host, job);
  if (job.plugin == "aws:runPowerShellScript" && host.windows) return begin_windows(host, job);
  return failed("keyturn-lab can't run " + job.plugin + " on " + host.machine + " (" + host.platform +
                "): its hosts run shell scripts on Linux, and keyturn.exe on Windows where it is told of one "
                "(--windows-keyturn).");
}

HostAgent::Job HostAgent::begin_shell(const Host& host, const sim::AgentJob& job) const {
  const auto folder = host.root / "var/lib/amazon/ssm" / job.command_id / job.step;
  const auto script = folder / "_script.sh";
  if (!write_script(script, job.script)) return failed("The lab can't write " + script.string() + ".");
  return run(host, job, folder, {"/bin/sh", script.string()}, host.environment);
}

HostAgent::Job HostAgent::begin_windows(const Host& host, const sim::AgentJob& job) const {
  const auto folder = host.root / "ProgramData/Amazon/SSM" / job.command_id / job.step;
  const auto script = folder / "_script.ps1";
  if (!write_script(script, job.script)) return failed("The lab can't write " + script.string() + ".");
  const auto step = read_windows_step(job.script);
  if (!step) return failed(step.error().message);
  if (!host.windows->has_keyturn())
    return {
        {}, {}, {1, failure_report(*step, host.machine, missing_program(*step), SystemClock().now()), {}}};
  auto command = host.windows->keyturn_command();
  for (std::string& argument : arguments_of(*step)) command.push_back(std::move(argument));
  Job made = run(host, job, folder, command, environment_of_step(host.environment));
  made.is_windows = true;
  return made;
}

HostAgent::Job HostAgent::run(const Host& host, const sim::AgentJob& job, const std::filesystem::path& folder,
                              std::vector<std::string> command,
                              std::map<std::string, std::string> environment) const {
  environment["SSM_COMMAND_ID"] = job.command_id;
  auto process = hosts_.processes().start(host.instance_id, {std::move(command), std::move(environment),
                                                             folder, folder / "stdout", folder / "stderr"});
  if (!process) return failed(process.error().message);
  return {*std::move(process), folder, {}};
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
    if (job.is_windows) result.out = as_powershell_writes(result.out);
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
