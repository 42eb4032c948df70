#include "rotation/engine.h"

#include "rotation/predict.h"
#include "rotation/run.h"

namespace keyturn::rotation {
namespace {

// A plan is for reading: a run of more steps than this has gone round in a circle.
constexpr std::size_t kMaxPlannedSteps = 10'000;

PlannedStep describe_step(const Decision& decision) {
  PlannedStep step{decision.row, name_of(decision.action), decision.reason, {}, {}};
  std::visit(
      [&](const auto& action) {
        if constexpr (requires { action.key; }) step.key = action.key;
        if constexpr (requires { action.targets; }) step.targets = action.targets;
        if constexpr (requires { action.for_targets; }) step.targets = action.for_targets;
      },
      decision.action);
  return step;
}

Result<Observation> look(const Ports& ports, const Clock& clock) {
  Observation world;
  world.began_at = clock.now();
  auto targets = ports.fleet.observe();
  if (!targets) return fail(targets.error());
  auto keys = ports.issuer.list();
  if (!keys) return fail(keys.error());
  std::vector<KeyId> ids;
  for (const AccessKey& key : *keys) ids.push_back(key.id);
  auto secret = ports.store.observe(ids);
  if (!secret) return fail(secret.error());
  world.user = ports.issuer.user();
  world.targets = std::move(*targets);
  world.keys = std::move(*keys);
  world.secret = std::move(*secret);
  return world;
}

}  // namespace

Engine::Engine(Policy policy, Ports ports, Clock& clock, Random& random, const StopFlag* stop,
               EventSink& events)
    : policy_(std::move(policy)),
      ports_(ports),
      clock_(clock),
      random_(random),
      stop_(stop),
      events_(events) {}

RunResult Engine::run(Command command, const RunOptions& options) {
  return Run(policy_, ports_, clock_, stop_, events_, random_.uuid(), command, options).go();
}

Result<Plan> Engine::plan(Command command, const RunOptions& options) {
  auto seen = look(ports_, clock_);
  if (!seen) return fail(seen.error());
  Plan plan;
  plan.command = command;
  plan.observation = *seen;
  Observation world = std::move(*seen);
  RunMemory memory;
  memory.command = command;
  memory.options = options;
  Decision decision = decide(policy_, world, memory);
  plan.laggards = decision.laggards;
  while (!std::holds_alternative<Stop>(decision.action) && plan.steps.size() < kMaxPlannedSteps) {
    plan.steps.push_back(describe_step(decision));
    predict(decision.action, world, memory);
    decision = decide(policy_, world, memory);
  }
  plan.outcome =
      std::get_if<Stop>(&decision.action) ? std::get<Stop>(decision.action).outcome : Outcome::failed;
  plan.reason = decision.reason;
  plan.blockers = std::move(decision.blockers);
  plan.pending_work = std::move(decision.pending_work);
  return plan;
}

}  // namespace keyturn::rotation
