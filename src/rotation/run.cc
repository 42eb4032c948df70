#include "rotation/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "rotation/create_key.h"

namespace keyturn::rotation {
namespace {

// No sound run comes near: a fleet of one target a wave takes a hundred or so per hundred targets, and each
// target is tried twice at most. It bounds what a defect could do.
constexpr std::size_t kMaxSteps = 100'000;
// One action on one thing may fail so often before the run ends.
constexpr int kMaxFailures = 3;

// What can't be taken back, or takes something away, rests on targets that were all read just now.
bool needs_fresh_targets(const Action& action) {
  return std::holds_alternative<Deactivate>(action) || std::holds_alternative<DeleteKey>(action) ||
         std::holds_alternative<Reactivate>(action);
}

// What the action is about, as far as it is known before it is carried out.
Step describe_step(const Decision& decision, TimePoint now) {
  Step step;
  step.at = now;
  step.row = decision.row;
  step.action = name_of(decision.action);
  step.reason = decision.reason;
  const auto add_targets = [&](const std::vector<TargetName>& names) {
    for (const TargetName& name : names) step.targets.push_back({name, {}});
  };
  std::visit(
      [&](const auto& action) {
        if constexpr (requires { action.key; }) step.key = action.key;
        if constexpr (requires { action.version; }) step.version = action.version;
        if constexpr (requires { action.to; }) step.version = action.to;
        if constexpr (requires { action.targets; }) add_targets(action.targets);
        if constexpr (requires { action.for_targets; }) add_targets(action.for_targets);
      },
      decision.action);
  return step;
}

// AWS did not answer properly: nothing is known, and a later run may find it well.
bool is_ill(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out ||
         error.kind == ErrorKind::throttled;
}

bool is_beyond(const RunOptions& options, const Decision& decision) {
  if (std::holds_alternative<Stop>(decision.action) || options.reach == Reach::everything) return false;
  if (std::holds_alternative<Promote>(decision.action)) return true;
  if (options.reach == Reach::distribute) return std::holds_alternative<Create>(decision.action);
  return std::holds_alternative<Distribute>(decision.action) ||
         (std::holds_alternative<Prove>(decision.action) && decision.row == 3);
}

bool is_another_look_worth_it(const Error& error) {
  return error.kind == ErrorKind::conflict || error.kind == ErrorKind::past_deadline ||
         error.effect == Effect::unknown;
}

}  // namespace

Run::Run(const Policy& policy, const Ports& ports, Clock& clock, const StopFlag* stop, EventSink& events,
         std::string run_id, Command command, RunOptions options)
    : policy_(policy), ports_(ports), clock_(clock), stop_(stop), events_(events) {
  memory_.command = command;
  memory_.options = std::move(options);
  result_.run_id = std::move(run_id);
  result_.command = command;
  result_.started_at = clock.now();
}

RunResult Run::go() {
  bool afresh = true;
  while (result_.steps.size() < kMaxSteps) {
    if (stop_ != nullptr && stop_->requested())
      return finish({Outcome::incomplete, "Stopped as asked; what was in flight has ended.",
                     fmt::format("Run `keyturn {}` again to go on from here.", to_string(memory_.command))});
    const auto seen = observe(afresh);
    // Targets that were not read any more look unreachable: nothing may be decided on that.
    if (stop_ != nullptr && stop_->requested()) continue;
    if (!seen)
      return finish({seen.error().kind == ErrorKind::usage ? Outcome::bad_usage : Outcome::failed,
                     seen.error().message, seen.error().hint});
    decision_ = decide(policy_, world_, memory_);
    if (is_beyond(memory_.options, decision_))
      return finish(
          {Outcome::done, fmt::format("This run goes no further; next comes: {}", decision_.reason), {}});
    afresh = needs_fresh_targets(decision_.action) && !targets_read_now_;
    if (afresh) continue;
    if (auto ending = act(decision_)) return finish(std::move(*ending));
  }
  return finish({Outcome::failed, "The run did not come to an end.", "Please report this as a defect."});
}

bool Run::targets_fresh_enough() const {
  // Half the deadline, so that what is decided on them has time to land.
  return clock_.now() - world_.began_at < policy_.deadline / 2;
}

Result<void> Run::observe(bool afresh) {
  targets_read_now_ = afresh || !result_.before || !targets_fresh_enough();
  if (targets_read_now_) {
    const TimePoint began_at = clock_.now();
    auto targets = ports_.fleet.observe();
    if (!targets) return fail(targets.error());
    world_.began_at = began_at;
    world_.targets = std::move(*targets);
    repeat_proof_warnings();
  }
  // Targets before stages: a stage read first could be out of date by the time a target is seen to hold its
  // key.
  if (auto read = read_keys_and_stages(); !read) return read;
  if (!result_.before) result_.before = world_;
  result_.after = world_;
  return {};
}

// A proof's object that could not be removed is told once, by the write; a later look does not see it.
void Run::repeat_proof_warnings() {
  for (TargetState& target : world_.targets)
    for (const std::string& warning : proof_warnings_[target.name])
      if (std::find(target.warnings.begin(), target.warnings.end(), warning) == target.warnings.end())
        target.warnings.push_back(warning);
}

Result<void> Run::read_keys_and_stages() {
  auto keys = ports_.issuer.list();
  if (!keys) return fail(keys.error());
  std::vector<KeyId> ids;
  for (const AccessKey& key : *keys) ids.push_back(key.id);
  auto secret = ports_.store.observe(ids);
  if (!secret) return fail(secret.error());
  world_.user = ports_.issuer.user();
  world_.keys = std::move(*keys);
  world_.secret = std::move(*secret);
  return {};
}

std::optional<Run::Ending> Run::act(const Decision& decision) {
  if (const auto* stop = std::get_if<Stop>(&decision.action))
    return Ending{stop->outcome, decision.reason, {}};
  Step step = describe_step(decision, clock_.now());
  events_.step_began(step);
  if (clock_.now() >= not_after())
    step.error = Error{ErrorKind::past_deadline,
                       Effect::none,
                       {},
                       fmt::format("Looking at the fleet took longer than the deadline of {}.",
                                   format_duration(policy_.deadline)),
                       "Raise [sql] concurrency, or deadline and what must be longer than it."};
  auto ending = step.error ? std::nullopt : carry_out(decision, step);
  step.ended_at = clock_.now();
  events_.step_ended(step);
  if (!ending && step.error) ending = after_failure(step);
  result_.steps.push_back(std::move(step));
  return ending;
}

std::optional<Run::Ending> Run::carry_out(const Decision& decision, Step& step) {
  const auto set_error = [&](const Result<void>& done) {
    if (!done) step.error = done.error();
  };
  const bool needs_bucket =
      std::holds_alternative<Prove>(decision.action) || std::holds_alternative<Create>(decision.action);
  if (needs_bucket && !destination_checked_) {
    // A wrong bucket or region is the configuration's fault: found out before a key is made, or blamed.
    set_error(ports_.prover.check_destination());
    if (step.error && step.error->kind == ErrorKind::usage)
      return Ending{Outcome::bad_usage, step.error->message, step.error->hint};
    if (step.error && is_ill(*step.error))
      return Ending{Outcome::incomplete, step.error->message, step.error->hint};
    if (step.error) return std::nullopt;
    destination_checked_ = true;
  }
  if (const auto* drop = std::get_if<DropPending>(&decision.action)) {
    set_error(ports_.store.drop_pending(drop->version, not_after()));
    if (decision.row == 1 && !step.error) memory_.rotated = true;
  } else if (const auto* proof = std::get_if<Prove>(&decision.action)) {
    step.error = prove(proof->version, proof->key);
    // AWS being ill says nothing about the key: stop rather than guess.
    if (step.error && step.error->kind == ErrorKind::unavailable)
      return Ending{Outcome::incomplete, step.error->message, "Run keyturn again once AWS answers."};
  } else if (const auto* roll_out = std::get_if<Distribute>(&decision.action)) {
    write({roll_out->version, Stage::pending, roll_out->targets, not_after(), roll_out->prove_backup},
          roll_out->key, step);
  } else if (const auto* repair = std::get_if<Repair>(&decision.action)) {
    write({repair->version, Stage::current, repair->targets, not_after()}, repair->key, step);
  } else if (const auto* promotion = std::get_if<Promote>(&decision.action)) {
    step.error = promote(*promotion);
  } else if (const auto* reactivate = std::get_if<Reactivate>(&decision.action)) {
    set_error(ports_.issuer.set_status(reactivate->key, KeyStatus::active, not_after()));
  } else if (const auto* deactivate = std::get_if<Deactivate>(&decision.action)) {
    set_error(ports_.issuer.set_status(deactivate->key, KeyStatus::inactive, not_after()));
  } else if (const auto* deletion = std::get_if<DeleteKey>(&decision.action)) {
    set_error(ports_.issuer.remove(deletion->key, not_after()));
    if (!step.error && !deletion->close_intent.empty())
      set_error(ports_.store.close_intent(deletion->close_intent, not_after()));
  } else if (const auto* close = std::get_if<CloseIntent>(&decision.action)) {
    set_error(ports_.store.close_intent(close->run_id, not_after()));
  } else if (std::holds_alternative<Create>(decision.action)) {
    step.error = create(step);
  }
  return std::nullopt;
}

std::optional<Run::Ending> Run::after_failure(const Step& step) {
  const Error& error = *step.error;
  const int failures = ++failures_[step.action + " " + step.key + step.version];
  // The next observation tells what came of it; a bound keeps a sick world from holding the run for ever.
  if (is_another_look_worth_it(error) && failures < kMaxFailures) {
    if (error.kind == ErrorKind::past_deadline)
      world_.began_at = TimePoint{};  // everything is to be read anew
    return std::nullopt;
  }
  if (memory_.create_failed && step.action == "create")
    return std::nullopt;  // `decide` ends the run, after all that can still be done
  return Ending{error.kind == ErrorKind::past_deadline ? Outcome::incomplete : Outcome::failed, error.message,
                error.hint};
}

std::optional<Error> Run::prove(const VersionId& version, const KeyId& key) {
  const auto pair = ports_.store.read(version);
  if (!pair) return pair.error();
  const AccessKey* known = world_.key(key);
  const TimePoint made_at = known == nullptr ? clock_.now() : known->created_at;
  const TimePoint propagated_at = std::max(made_at + policy_.propagation, clock_.now());
  const KeyProver::Proof proof = ports_.prover.prove(*pair, std::min(propagated_at, not_after()));
  switch (proof.verdict) {
    case KeyProver::Verdict::proven:
      memory_.proven.insert(key);
      return std::nullopt;
    case KeyProver::Verdict::refused:
      // Cut short by the deadline, the refusal may only be IAM's propagation.
      if (propagated_at > not_after())
        return Error{ErrorKind::past_deadline, Effect::none, {}, proof.reason, "Run keyturn again."};
      memory_.refused[key] = proof.reason;
      // Another new key would meet the same refusal.
      if (key == created_)
        memory_.create_failed = RunMemory::CreateFailure{
            Outcome::failed, fmt::format("The new key {} was refused and abandoned: {}", key, proof.reason)};
      return std::nullopt;
    case KeyProver::Verdict::ill:
      break;
  }
  return Error{ErrorKind::unavailable, Effect::none, {}, proof.reason, {}};
}

void Run::write(const Fleet::Order& order, const KeyId& key, Step& step) {
  step.targets.clear();
  std::unordered_map<TargetName, TargetState*> by_name;  // a fleet may have tens of thousands
  for (TargetState& target : world_.targets) by_name.emplace(target.name, &target);
  for (const Fleet::Outcome& outcome : ports_.fleet.write(order)) {
    step.targets.push_back({outcome.target, outcome.error ? outcome.error->sentence() : std::string{}});
    if (order.prove_backup) remember_proof(outcome, key);
    if (const auto target = by_name.find(outcome.target); target != by_name.end())
      remember(outcome, *target->second);
  }
  // What went wrong with an abandoned key says nothing of how the one in force is put back.
  if (memory_.backup_refused.contains(key)) memory_.failed.clear();
}

void Run::remember_proof(const Fleet::Outcome& outcome, const KeyId& key) {
  if (outcome.after) proof_warnings_[outcome.target] = outcome.after->warnings;
  if (!outcome.error) {
    memory_.backed_up[key].insert(outcome.target);
  } else if (outcome.error->kind == ErrorKind::backup_refused) {
    const std::string why = outcome.error->sentence();
    memory_.backup_refused.emplace(key, why);
    // Another new key would meet the same refusal.
    memory_.create_failed = RunMemory::CreateFailure{
        Outcome::failed, fmt::format("{} was abandoned, since a proof backup failed: {}", key, why)};
  }
}

void Run::remember(const Fleet::Outcome& outcome, TargetState& target) {
  if (outcome.after) target = *outcome.after;
  if (!outcome.error) return;
  WriteFailure& failure = memory_.failed[outcome.target];
  failure.reason = outcome.error->sentence();
  // A stop that the user asked for is not the target's fault. A deadline counts: a run that is too slow must
  // end too.
  if (outcome.error->kind != ErrorKind::cancelled) ++failure.attempts;
}

std::optional<Error> Run::create(Step& step) {
  Creation creation =
      create_and_store(policy_, ports_, clock_, world_, result_.run_id, memory_.options.token, not_after());
  created_ = creation.key;
  step.key = creation.key;
  if (creation.give_up) memory_.create_failed = std::move(creation.give_up);
  return std::move(creation.error);
}

std::optional<Error> Run::promote(const Promote& action) {
  auto promoted = ports_.store.promote(action.from, action.to, not_after());
  if (!promoted) return promoted.error();
  memory_.rotated = true;
  return std::nullopt;
}

RunResult Run::finish(Ending ending) {
  result_.outcome = ending.outcome;
  result_.reason = std::move(ending.reason);
  result_.hint = std::move(ending.hint);
  if (result_.before) {
    // Once more over what was seen last, so that laggards and blockers are those of the end.
    Decision last = decide(policy_, world_, memory_);
    result_.after = world_;
    result_.blockers = std::move(last.blockers);
    result_.laggards = std::move(last.laggards);
    result_.pending_work = std::move(last.pending_work);
  }
  result_.ended_at = clock_.now();
  return std::move(result_);
}

}  // namespace keyturn::rotation
