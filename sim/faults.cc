#include "sim/faults.h"

#include <array>
#include <utility>

namespace keyturn::sim {
namespace {

constexpr std::array<std::pair<FaultKind, const char*>, 9> kNames{{{FaultKind::refuse, "refuse"},
                                                                   {FaultKind::throttle, "throttle"},
                                                                   {FaultKind::error_5xx, "error_5xx"},
                                                                   {FaultKind::delay, "delay"},
                                                                   {FaultKind::reply_lost, "reply_lost"},
                                                                   {FaultKind::hang, "hang"},
                                                                   {FaultKind::cut, "cut"},
                                                                   {FaultKind::kill_before, "kill_before"},
                                                                   {FaultKind::kill_after, "kill_after"}}};

bool matches(std::string_view pattern, std::string_view operation) {
  if (!pattern.empty() && pattern.back() == '*')
    return operation.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == operation;
}

}  // namespace

const char* to_string(FaultKind kind) {
  for (const auto& [value, name] : kNames)
    if (value == kind) return name;
  return "unknown";
}

std::optional<FaultKind> parse_fault_kind(std::string_view text) {
  for (const auto& [value, name] : kNames)
    if (name == text) return value;
  return std::nullopt;
}

void FaultBoard::add(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void FaultBoard::clear() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

std::vector<Fault> FaultBoard::list() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

std::optional<Fault> FaultBoard::draw(std::string_view operation) {
  const std::lock_guard lock(mutex_);
  for (Fault& fault : faults_) {
    if (fault.count == 0 || !matches(fault.match, operation)) continue;
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    if (fault.count > 0) --fault.count;
    return fault;
  }
  return std::nullopt;
}

void FaultBoard::set_killer(Killer killer) {
  const std::lock_guard lock(mutex_);
  killer_ = std::move(killer);
}

void FaultBoard::kill(const FaultVictim& victim) const {
  Killer killer;
  {
    const std::lock_guard lock(mutex_);
    killer = killer_;
  }
  if (killer) killer(victim);
}

}  // namespace keyturn::sim
