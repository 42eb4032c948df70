#include "lambda/handler.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.h"
#include "lambda/instance_event.h"
#include "lambda/native_rotation.h"
#include "lambda/response.h"
#include "lambda/rotations.h"
#include "lambda/stack.h"
#include "lambda/stop_timer.h"
#include "setup/similar.h"

namespace keyturn::lambda {
namespace {

using rotation::Command;
using rotation::Outcome;
using rotation::Reach;
using Chosen = tl::expected<std::vector<setup::RotationSettings>, FunctionError>;

Chosen chosen_rotations(const setup::Config& config, const std::string& name) {
  if (name.empty()) return config.rotations;
  std::vector<std::string> names;
  for (const setup::RotationSettings& settings : config.rotations) {
    if (settings.name == name) return std::vector{settings};
    names.push_back(settings.name);
  }
  const std::string meant = setup::most_similar(name, names);
  return fail_with("Function.BadUsage",
                   fmt::format("The configuration has no rotation \"{}\".{}", name,
                               meant.empty() ? "" : fmt::format(" Did you mean \"{}\"?", meant)));
}

std::string noted(const std::string& document, const TaskEvent& event, bool again) {
  return response_json(document, {to_string(event.task), again, event.brief});
}

// The blog's two functions share the work: one makes the key, the other brings it to the servers and into
// force. A leaked key must not wait for the second, which does not know of it.
rotation::RunOptions options_of(const TaskEvent& event) {
  rotation::RunOptions options;
  options.reach = event.task == Task::rotate && !event.compromised ? Reach::create : Reach::everything;
  options.compromised = event.compromised;
  return options;
}

Answer answer_runs(const HandlerParts& parts, const TaskEvent& event,
                   const std::vector<setup::RotationSettings>& rotations) {
  const Command command = event.task == Task::rotate ? Command::rotate : Command::reconcile;
  report::RunEntries entries;
  for (const setup::RotationSettings& settings : rotations)
    entries.push_back(run_entry(parts, settings, command, options_of(event)));
  const bool stopped = parts.stop.flag().requested();
  const bool all_targets = event.strict || event.task == Task::update;
  if (auto error = error_of(entries, stopped, all_targets)) return tl::unexpected(std::move(*error));
  const bool again = std::any_of(entries.begin(), entries.end(),
                                 [&](const auto& entry) { return is_again(entry, stopped); });
  return noted(report::run_json({rotation::to_string(command), program_version()}, entries), event, again);
}

// A state is told whatever it is; only what could not be looked at is an error.
Answer answer_status(const HandlerParts& parts, const TaskEvent& event,
                     const std::vector<setup::RotationSettings>& rotations) {
  report::PlanEntries entries;
  for (const setup::RotationSettings& settings : rotations) {
    entries.push_back(plan_entry(parts, settings));
    const auto& plan = entries.back().result;
    if (!plan) return fail_with(error_type_of(report::outcome_of(plan.error())), plan.error().sentence());
    if (event.strict && plan->outcome != Outcome::done)
      return fail_with(error_type_of(plan->outcome), plan->reason);
    const auto& login = entries.back().login;
    if (event.strict && login && login->outcome != Outcome::done)
      return fail_with(error_type_of(login->outcome), "The SQL login's password: " + login->reason);
    // A loop of calls may have come to its own limit first.
    if (event.strict && !plan->steps.empty())
      return fail_with(error_type_of(Outcome::incomplete),
                       fmt::format("Work is left to do. {}", plan->steps.front().reason));
  }
  return noted(report::status_json({"status", program_version()}, entries), event, /*again=*/false);
}

Answer handle_task(const HandlerParts& parts, const TaskEvent& event) {
  const auto rotations = chosen_rotations(parts.account.config(), event.rotation);
  if (!rotations) return tl::unexpected(rotations.error());
  return event.task == Task::status ? answer_status(parts, event, *rotations)
                                    : answer_runs(parts, event, *rotations);
}

}  // namespace

TimePoint stop_at(TimePoint now, std::optional<TimePoint> deadline, std::optional<Duration> max_s) {
  constexpr Duration kLeast = std::chrono::seconds{1};
  constexpr Duration kMost = std::chrono::seconds{15};
  TimePoint at = now + max_s.value_or(std::chrono::hours{24});
  if (deadline) at = std::min(at, *deadline - std::clamp((*deadline - now) / 4, kLeast, kMost));
  return at;
}

Answer handle(const HandlerParts& parts, const Invocation& invocation) {
  const auto event = parse_event(invocation.payload, parts.names);
  if (!event) return fail_with("Function.BadEvent", event.error().sentence());
  const auto* task = std::get_if<TaskEvent>(&*event);
  parts.stop.renew();
  const TimePoint now = parts.clock.now();
  const StopTimer timer(parts.stop.flag(), parts.clock,
                        stop_at(now, invocation.deadline, task != nullptr ? task->max_s : std::nullopt));
  if (task != nullptr) return handle_task(parts, *task);
  if (const auto* stack = std::get_if<StackEvent>(&*event)) return handle_stack(parts, *stack);
  if (const auto* step = std::get_if<SecretStepEvent>(&*event)) return handle_step(parts, *step);
  return handle_instance(parts, std::get<InstanceEvent>(*event));
}

}  // namespace keyturn::lambda
