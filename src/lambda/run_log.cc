#include "lambda/run_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace keyturn::lambda {
namespace {

LogFields fields_of(const rotation::Step& step) {
  return {{"step", step.action}, {"access_key_id", step.key}, {"version_id", step.version}};
}

}  // namespace

void RunLog::step_began(const rotation::Step& step) {
  log_.write(LogLevel::info, step.reason, fields_of(step));
}

void RunLog::step_ended(const rotation::Step& step) {
  LogFields fields = fields_of(step);
  fields.emplace_back("took", format_duration(step.ended_at - step.at));
  if (step.error) {
    fields.emplace_back("effect", to_string(step.error->effect));
    log_.write(LogLevel::error, step.error->sentence(), fields);
    return;
  }
  for (const rotation::StepTarget& target : step.targets)
    if (!target.error.empty())
      log_.write(LogLevel::warn, target.error, {{"step", step.action}, {"target", target.name}});
  const auto written = std::count_if(step.targets.begin(), step.targets.end(),
                                     [](const auto& target) { return target.error.empty(); });
  log_.write(LogLevel::info,
             step.targets.empty()
                 ? fmt::format("{} is done.", step.action)
                 : fmt::format("{} is done: {} of {} targets.", step.action, written, step.targets.size()),
             fields);
}

void RunLog::observing() { log_.write(LogLevel::debug, "Reading the fleet."); }

void RunLog::observed(const std::vector<rotation::TargetState>& targets) {
  const auto readable = std::count_if(targets.begin(), targets.end(),
                                      [](const rotation::TargetState& target) { return target.readable(); });
  log_.write(LogLevel::info, fmt::format("{} of {} targets could be read.", readable, targets.size()));
}

void RunLog::visited(const fleet::Progress& visit) {
  if (visit.phase != fleet::VisitPhase::done) return;
  log_.write(visit.failure.empty() ? LogLevel::debug : LogLevel::warn,
             visit.failure.empty() ? std::string(visit.is_write ? "Written and read back." : "Read.")
                                   : visit.failure,
             {{"target", visit.target}});
}

}  // namespace keyturn::lambda
