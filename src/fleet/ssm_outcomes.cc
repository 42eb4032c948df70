#include "fleet/ssm_outcomes.h"

#include <fmt/format.h>

#include <algorithm>

namespace keyturn::fleet {
namespace {

using Outcome = rotation::Fleet::Outcome;

// What an instance's own words mean: the host looked at it, and what it left there is seen at the next look.
std::optional<Error> error_of(const report::HostReport& report, const report::HostInstance& instance) {
  if (instance.error.empty() && instance.state.readable()) return std::nullopt;
  const bool other_run = report.outcome == rotation::Outcome::another_run;
  return Error{instance.backup_refused ? ErrorKind::backup_refused
               : other_run             ? ErrorKind::conflict
                                       : ErrorKind::unavailable,
               Effect::unknown, "", instance.error.empty() ? instance.state.reason : instance.error, ""};
}

Error not_in_report(const std::string& host, const rotation::TargetName& target,
                    const report::HostReport& report) {
  return {ErrorKind::not_found, Effect::unknown, "",
          report.instances.empty() && !report.reason.empty()
              ? report.reason
              : fmt::format("The report of {} says nothing of {}.", host, target),
          ""};
}

}  // namespace

std::vector<Outcome> outcomes_of(const std::string& host, const std::vector<rotation::TargetName>& ordered,
                                 const HostAnswer& answer) {
  std::vector<Outcome> outcomes;
  if (!answer.report) {
    for (const auto& target : ordered) outcomes.push_back({target, std::nullopt, answer.error});
    return outcomes;
  }
  for (const auto& target : ordered)
    outcomes.push_back({target, std::nullopt, not_in_report(host, target, *answer.report)});
  const auto states = states_of(host, *answer.report);
  for (std::size_t i = 0; i < answer.report->instances.size(); ++i) {
    Outcome outcome{states[i].name, std::nullopt, error_of(*answer.report, answer.report->instances[i])};
    if (states[i].readable() || !states[i].login_version.empty()) outcome.after = states[i];
    const auto was_ordered = std::find_if(outcomes.begin(), outcomes.end(),
                                          [&](const Outcome& o) { return o.target == outcome.target; });
    if (was_ordered != outcomes.end())
      *was_ordered = std::move(outcome);
    else if (states[i].standing == rotation::Standing::updatable)  // the others were not to be written
      outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace keyturn::fleet
