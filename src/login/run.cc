#include "login/run.h"

#include <algorithm>

namespace keyturn::login {
namespace {

using rotation::Outcome;
using rotation::Step;
using rotation::TargetState;

constexpr std::size_t kMaxSteps = 100'000;  // bounds what a defect could do
constexpr int kMaxFailures = 3;             // of one action, before the run ends

Step describe_step(const Decision& decision, TimePoint now) {
  Step step;
  step.at = now;
  step.row = decision.row;
  step.action = name_of(decision.action);
  step.reason = decision.reason;
  if (const auto* drop = std::get_if<DropLabel>(&decision.action)) step.version = drop->version;
  if (const auto* promotion = std::get_if<Promote>(&decision.action)) step.version = promotion->to;
  if (const auto* put = std::get_if<Put>(&decision.action)) step.version = put->token;
  if (const auto* change = std::get_if<Change>(&decision.action)) {
    step.version = change->version;
    for (const TargetName& name : change->targets) step.targets.push_back({name, {}});
  }
  return step;
}

bool is_another_look_worth_it(const Error& error) {
  return error.kind == ErrorKind::conflict || error.kind == ErrorKind::past_deadline ||
         error.effect == Effect::unknown;
}

Outcome outcome_of(ErrorKind kind) {
  if (kind == ErrorKind::usage) return Outcome::bad_usage;
  if (kind == ErrorKind::conflict) return Outcome::another_run;
  return kind == ErrorKind::past_deadline ? Outcome::incomplete : Outcome::failed;
}

}  // namespace

Run::Run(const Policy& policy, const Ports& ports, Clock& clock, const StopFlag* stop,
         rotation::EventSink& events, bool asked)
    : policy_(policy), ports_(ports), clock_(clock), stop_(stop), events_(events) {
  memory_.asked = asked;
}

Report Run::go(const std::optional<rotation::Observation>& seen) {
  if (seen) {
    world_.began_at = seen->began_at;
    world_.targets = seen->targets;
    look_again_ = false;
  }
  while (report_.steps.size() < kMaxSteps) {
    if (stop_ != nullptr && stop_->requested())
      return finish(
          {Outcome::incomplete, "Stopped as asked; the password's rotation goes on in a later run.", ""});
    const auto observed = observe();
    if (stop_ != nullptr && stop_->requested()) continue;
    if (!observed) {
      const Error& error = observed.error();
      return finish({outcome_of(error.kind), error.message, error.hint});
    }
    const Decision decision = decide(policy_, world_, memory_);
    if (auto ending = act(decision)) return finish(std::move(*ending));
  }
  return finish({Outcome::failed, "The password's rotation did not come to an end.",
                 "Please report this as a defect."});
}

// Targets before labels: a label read first could be out of date by the time a target is seen.
Result<void> Run::observe() {
  const bool is_fresh = clock_.now() - world_.began_at < policy_.deadline / 2;
  if (look_again_ || !is_fresh) {
    const TimePoint began_at = clock_.now();
    auto targets = ports_.fleet.observe();
    if (!targets) return fail(targets.error());
    world_.began_at = began_at;
    world_.targets = std::move(*targets);
    look_again_ = false;
  }
  auto secret = ports_.store.observe();
  if (!secret) return fail(secret.error());
  world_.secret = std::move(*secret);
  return {};
}

std::optional<Run::Ending> Run::act(const Decision& decision) {
  if (const auto* stop = std::get_if<Stop>(&decision.action))
    return Ending{stop->outcome, decision.reason, ""};
  Step step = describe_step(decision, clock_.now());
  events_.step_began(step);
  if (const auto done = carry_out(decision.action, step); !done) step.error = done.error();
  step.ended_at = clock_.now();
  events_.step_ended(step);
  auto ending = step.error ? after_failure(step) : std::nullopt;
  report_.steps.push_back(std::move(step));
  return ending;
}

Result<void> Run::carry_out(const Action& action, Step& step) {
  if (clock_.now() >= not_after())
    return fail(ErrorKind::past_deadline, "Looking at the fleet took longer than the deadline allows.",
                "Raise [sql] concurrency, or the deadline.");
  if (const auto* drop = std::get_if<DropLabel>(&action)) {
    memory_.rotated = true;
    return ports_.store.drop_pending(drop->version, not_after());
  }
  if (const auto* promotion = std::get_if<Promote>(&action)) {
    auto promoted = ports_.store.promote(promotion->from, promotion->to, not_after());
    if (promoted) memory_.rotated = true;
    return promoted;
  }
  if (const auto* put = std::get_if<Put>(&action))
    return ports_.store.put_pending(put->token, ports_.new_password(), not_after());
  if (const auto* ordered = std::get_if<Change>(&action)) change(*ordered, step);
  return {};
}

void Run::change(const Change& action, Step& step) {
  step.targets.clear();
  for (const auto& outcome :
       ports_.changer.change({action.version, action.stage, action.targets, not_after()})) {
    step.targets.push_back({outcome.target, outcome.error ? outcome.error->sentence() : std::string{}});
    remember(outcome, action.version);
  }
}

void Run::remember(const PasswordChanger::Outcome& outcome, const VersionId& wanted) {
  const auto target = std::find_if(world_.targets.begin(), world_.targets.end(),
                                   [&](const TargetState& known) { return known.name == outcome.target; });
  if (target == world_.targets.end()) return;
  if (!outcome.error) {
    target->login_version = wanted;
    return;
  }
  Failure& failure = memory_.failed[outcome.target];
  failure.reason = outcome.error->sentence();
  // Asking a server again whether it takes a password that its policy refuses is of no use.
  const bool refused = outcome.error->kind == ErrorKind::denied;
  if (outcome.error->kind != ErrorKind::cancelled) failure.attempts += refused ? kAttempts : 1;
  if (is_another_look_worth_it(*outcome.error)) look_again_ = true;
}

std::optional<Run::Ending> Run::after_failure(const Step& step) {
  const Error& error = *step.error;
  const int failures = ++failures_[step.action + " " + step.version];
  if (is_another_look_worth_it(error) && failures < kMaxFailures) {
    if (error.kind == ErrorKind::past_deadline) look_again_ = true;
    return std::nullopt;
  }
  return Ending{outcome_of(error.kind), error.message, error.hint};
}

Report Run::finish(Ending ending) {
  report_.outcome = ending.outcome;
  report_.reason = std::move(ending.reason);
  report_.hint = std::move(ending.hint);
  // Once more over what was seen last, so that what is told is the state at the end.
  tell_world(world_, decide(policy_, world_, memory_), report_);
  return std::move(report_);
}

void tell_world(const World& world, const Decision& last, Report& report) {
  report.secret = world.secret;
  for (const TargetState& target : world.targets)
    if (!target.login_version.empty()) report.targets.push_back({target.name, target.login_version});
  report.laggards = last.laggards;
  report.pending_work = last.pending_work;
}

}  // namespace keyturn::login
