#include "cli/progress.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "cli/console.h"
#include "report/world.h"

namespace keyturn::cli {
namespace {

using report::Tone;

constexpr auto kTick = std::chrono::milliseconds{200};

std::string begin_line(const rotation::Step& step) {
  std::string line = step.key.empty() ? step.action : fmt::format("{} {}", step.action, step.key);
  if (!step.targets.empty())
    line += fmt::format(" to {} target{}", step.targets.size(), step.targets.size() == 1 ? "" : "s");
  return fmt::format("{}: {}", line, step.reason);
}

std::string end_line(const rotation::Step& step) {
  std::string line = step.key.empty() ? step.action : fmt::format("{} {}", step.action, step.key);
  if (!step.targets.empty()) {
    const auto written =
        std::count_if(step.targets.begin(), step.targets.end(),
                      [](const rotation::StepTarget& target) { return target.error.empty(); });
    line += fmt::format(": {} of {} targets confirmed", written, step.targets.size());
  }
  line += fmt::format("{} in {}",
                      step.error             ? ": failed"
                      : step.targets.empty() ? ": done"
                                             : "",
                      format_duration(step.ended_at - step.at));
  if (step.error) line += ": " + step.error->sentence();
  return line;
}

}  // namespace

Progress::Progress(ProgressMode mode, int descriptor, report::TextStyle style, const Clock& clock)
    : mode_(mode), descriptor_(descriptor), style_(style), clock_(clock), area_(descriptor) {
  if (mode_ == ProgressMode::live)
    ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
}

Progress::~Progress() {
  if (ticker_.joinable()) {
    ticker_.request_stop();
    ticker_.join();
  }
}

void Progress::tick(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    draw();
    ticked_.wait_for(lock, stop, kTick, [] { return false; });
  }
}

void Progress::begin_rotation(const std::string& name) {
  const std::lock_guard lock(mutex_);
  rollout_ = {name, "observe", {}, clock_.now(), {}, {}, {}, {}, {}};
  last_action_.clear();
  updatable_.clear();
  holders_.clear();
  active_ = true;
  draw();
}

void Progress::end_rotation() {
  const std::lock_guard lock(mutex_);
  active_ = false;
  draw();
}

void Progress::step_began(const rotation::Step& step) {
  const std::lock_guard lock(mutex_);
  const bool next_wave = step.action == last_action_;
  last_action_ = rollout_.action = step.action;
  rollout_.key = step.key;
  rollout_.began_at = clock_.now();
  rollout_.known = updatable_;
  rollout_.failed.clear();
  if (!next_wave) rollout_.confirmed.clear();
  for (const auto& [target, key] : holders_)
    if (key == step.key) rollout_.confirmed.insert(target);
  print(begin_line(step), Tone::dim);
  if (log_) log_->info("{}: row {}: {}", rollout_.rotation, step.row, begin_line(step));
  draw();
}

void Progress::step_ended(const rotation::Step& step) {
  const std::lock_guard lock(mutex_);
  rollout_.in_flight.clear();
  const bool failed = step.error || std::any_of(step.targets.begin(), step.targets.end(),
                                                [](const auto& target) { return !target.error.empty(); });
  print(end_line(step), failed ? Tone::warn : Tone::good);
  if (log_)
    log_->log(failed ? spdlog::level::warn : spdlog::level::info, "{}: {}", rollout_.rotation,
              end_line(step));
  for (const rotation::StepTarget& target : step.targets) {
    if (target.error.empty()) {
      holders_[target.name] = step.key;
      continue;
    }
    print(fmt::format("  {}: {}", target.name, target.error), Tone::warn);
    if (log_) log_->warn("{}: {}: {}", rollout_.rotation, target.name, target.error);
  }
  rollout_.action = "observe";
  rollout_.key.clear();
  rollout_.began_at = clock_.now();
  draw();
}

void Progress::observing() {
  const std::lock_guard lock(mutex_);
  rollout_.read.clear();
  if (log_) log_->debug("{}: reading every target", rollout_.rotation);
}

void Progress::observed(const std::vector<rotation::TargetState>& targets) {
  const std::lock_guard lock(mutex_);
  updatable_.clear();
  holders_.clear();
  for (const rotation::TargetState& target : targets) {
    if (target.standing == rotation::Standing::updatable) updatable_.insert(target.name);
    if (const auto key = report::confirmed_key(target)) holders_[target.name] = *key;
  }
  if (!log_) return;
  for (const rotation::TargetState& target : targets)
    log_->debug("{}: {}: {}{}{}", rollout_.rotation, target.name, to_string(target.standing),
                target.reason.empty() ? "" : ": ", target.reason);
}

void Progress::visited(const fleet::Progress& visit) {
  const std::lock_guard lock(mutex_);
  const bool done = visit.phase == fleet::VisitPhase::done;
  if (done)
    rollout_.in_flight.erase(visit.target);
  else
    rollout_.in_flight.insert(visit.target);
  if (done && visit.is_write)
    (visit.failure.empty() ? rollout_.confirmed : rollout_.failed).insert(visit.target);
  if (done && !visit.is_write) rollout_.read.insert(visit.target);
  if (log_)
    log_->debug("{}: {}: {}{}{}", rollout_.rotation, visit.target, to_string(visit.phase),
                visit.failure.empty() ? "" : ": ", visit.failure);
}

void Progress::say(std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  print(sentence, Tone::dim);
  if (log_) log_->info("{}: {}", rollout_.rotation, sentence);
}

void Progress::write_line(std::string_view line) { area_.print_above(line); }

void Progress::print(std::string_view text, Tone tone) {
  if (mode_ == ProgressMode::silent) return;
  const std::string line = report::printable(rollout_.rotation + ": " + std::string(text));
  area_.print_above(report::paint(report::wrap(line, 2, style_), tone, style_) + "\n");
}

void Progress::draw() {
  if (mode_ != ProgressMode::live) return;
  area_.draw(active_ ? render(rollout_, clock_.now(), style_) : std::vector<std::string>());
}

}  // namespace keyturn::cli
