#include "lab/account_state.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/json_request.h"

namespace keyturn::lab {
namespace {

using nlohmann::json;

json time_json(const std::optional<TimePoint>& time) { return time ? json(format_iso8601(*time)) : json(); }

json functions_json(sim::Lambda& lambda) {
  json functions = json::array();
  for (const sim::Function& function : lambda.functions())
    functions.push_back({{"name", function.name}, {"environments", lambda.environment_ids(function.name)}});
  return functions;
}

json invocations_json(sim::Lambda& lambda) {
  json invocations = json::array();
  for (const sim::InvocationRecord& each : lambda.invocations())
    invocations.push_back({{"request_id", each.request_id},
                           {"function", each.function},
                           {"attempt", each.attempt},
                           {"cold", each.cold},
                           {"began_at", format_iso8601(each.began_at)},
                           {"ended_at", time_json(each.ended_at)},
                           {"error_type", each.error_type}});
  return invocations;
}

json automations_json(const sim::Automation& automation) {
  json executions = json::array();
  for (const sim::AutomationExecution& each : automation.executions()) {
    json steps = json::array();
    for (const sim::StepExecution& step : each.steps)
      steps.push_back(
          {{"name", step.name}, {"status", to_string(step.status)}, {"failure", step.failure_message}});
    executions.push_back({{"id", each.id},
                          {"document", each.document_name},
                          {"status", to_string(each.status)},
                          {"failure", each.failure_message},
                          {"steps", steps}});
  }
  return executions;
}

json schedules_json(sim::World& world) {
  json schedules = json::array();
  for (const sim::Schedule& each : world.scheduler().schedules())
    schedules.push_back({{"name", each.name},
                         {"expression", each.expression},
                         {"enabled", each.enabled},
                         {"fired", each.fired},
                         {"next_at", time_json(each.next_at)}});
  return schedules;
}

json rules_json(sim::World& world) {
  json rules = json::array();
  for (const sim::EventRule& each : world.events().rules())
    rules.push_back({{"name", each.name},
                     {"expression", each.expression},
                     {"enabled", each.enabled},
                     {"fired", each.fired},
                     {"next_at", time_json(each.next_at)}});
  return rules;
}

json deliveries_json(sim::World& world) {
  json deliveries = json::array();
  for (const sim::EventDelivery& each : world.event_targets().deliveries())
    deliveries.push_back({{"at", format_iso8601(each.at)},
                          {"source", each.source},
                          {"target", each.target},
                          {"outcome", each.outcome},
                          {"answer", each.answer}});
  return deliveries;
}

json messages_json(sim::World& world) {
  json messages = json::array();
  for (const sim::PublishedMessage& each : world.sns().messages())
    messages.push_back({{"at", format_iso8601(each.at)},
                        {"topic", each.topic_arn},
                        {"subject", each.subject},
                        {"message", each.message}});
  return messages;
}

Error as_error(const sim::ServiceError& error) {
  return {error.code == "ResourceNotFoundException" ? ErrorKind::not_found : ErrorKind::usage,
          Effect::none,
          {},
          error.message,
          {}};
}

Result<void> set_enabled(sim::World& world, const std::string& name, bool enabled) {
  auto schedule = world.scheduler().get(name);
  if (!schedule) {
    const auto done = world.events().set_enabled(name, enabled);
    if (!done) return fail(as_error(done.error()));
    return {};
  }
  schedule->enabled = enabled;
  if (auto done = world.scheduler().update(*schedule); !done) return fail(as_error(done.error()));
  return {};
}

}  // namespace

json account_state(sim::World& world) {
  return {{"functions", functions_json(world.lambda())},
          {"invocations", invocations_json(world.lambda())},
          {"automations", automations_json(world.automation())},
          {"schedules", schedules_json(world)},
          {"rules", rules_json(world)},
          {"deliveries", deliveries_json(world)},
          {"messages", messages_json(world)}};
}

Result<void> schedule_action(sim::World& world, const std::string& name, const json& object) {
  const std::string action = object.is_object() ? object.value("action", "") : "";
  if (auto problem = unknown_member(object, {"action"}, "The body"); !problem.empty())
    return fail(ErrorKind::usage, problem);
  if (action == "enable" || action == "disable") return set_enabled(world, name, action == "enable");
  if (action != "fire")
    return fail(ErrorKind::usage, "The body must be {\"action\": \"fire\"}, \"enable\" or \"disable\".");
  const bool is_schedule = world.scheduler().get(name).has_value();
  const auto fired = is_schedule ? world.scheduler().fire(name) : world.events().fire(name);
  if (!fired) return fail(as_error(fired.error()));
  return {};
}

}  // namespace keyturn::lab
