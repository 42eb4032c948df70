#include "lab/process_table.h"

namespace keyturn::lab {

Result<std::shared_ptr<Process>> ProcessTable::start(const std::string& owner, const ProcessSpec& spec) {
  auto started = Process::start(spec);
  if (!started) return tl::unexpected(started.error());
  std::shared_ptr<Process> process(*std::move(started));
  const std::lock_guard lock(mutex_);
  auto& known = processes_[owner];
  std::erase_if(known, [](const auto& other) { return other.expired(); });
  known.push_back(process);
  return process;
}

void ProcessTable::kill_all_of(const std::string& owner) {
  std::vector<std::shared_ptr<Process>> alive;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& known : processes_[owner])
      if (auto process = known.lock()) alive.push_back(std::move(process));
  }
  for (const auto& process : alive) process->kill();
}

}  // namespace keyturn::lab
