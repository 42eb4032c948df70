#include "login/rotator.h"

#include "login/run.h"

namespace keyturn::login {

Rotator::Rotator(Policy policy, Ports ports, Clock& clock, const StopFlag* stop, rotation::EventSink& events)
    : policy_(std::move(policy)), ports_(std::move(ports)), clock_(clock), stop_(stop), events_(events) {}

Report Rotator::run(bool asked, const std::optional<rotation::Observation>& seen) {
  return Run(policy_, ports_, clock_, stop_, events_, asked).go(seen);
}

Report Rotator::plan(bool asked, const rotation::Observation& seen) {
  Report report;
  auto secret = ports_.store.observe();
  if (!secret) {
    report.outcome = rotation::Outcome::failed;
    report.reason = secret.error().message;
    report.hint = secret.error().hint;
    return report;
  }
  const World world{seen.began_at, seen.targets, std::move(*secret)};
  Memory memory;
  memory.asked = asked;
  const Decision decision = decide(policy_, world, memory);
  report.reason = decision.reason;
  if (const auto* stop = std::get_if<Stop>(&decision.action)) {
    report.outcome = stop->outcome;
  } else {
    report.next = rotation::PlannedStep{decision.row, name_of(decision.action), decision.reason, {}, {}};
    if (const auto* change = std::get_if<Change>(&decision.action)) report.next->targets = change->targets;
  }
  tell_world(world, decision, report);
  return report;
}

}  // namespace keyturn::login
