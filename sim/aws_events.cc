// EventBridge, API version 2015-10-07: JSON 1.1 ("AWSEvents.PutRule").
#include <map>
#include <nlohmann/json.hpp>

#include "sim/aws_service.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Answer = Reply<json>;

constexpr std::size_t kMostEntries = 10;

json rule_json(const EventRule& rule) {
  json made{{"Name", rule.name},
            {"Arn", rule.arn},
            {"State", rule.enabled ? "ENABLED" : "DISABLED"},
            {"EventBusName", "default"}};
  if (!rule.expression.empty()) made["ScheduleExpression"] = rule.expression;
  if (!rule.pattern.empty()) made["EventPattern"] = rule.pattern;
  if (!rule.description.empty()) made["Description"] = rule.description;
  if (!rule.role_arn.empty()) made["RoleArn"] = rule.role_arn;
  return made;
}

Answer put_rule(const AwsCall& call, const json& body) {
  EventRule rule;
  rule.name = body.value("Name", "");
  rule.expression = body.value("ScheduleExpression", "");
  rule.pattern = body.value("EventPattern", "");
  rule.description = body.value("Description", "");
  rule.role_arn = body.value("RoleArn", "");
  rule.enabled = body.value("State", "ENABLED") != "DISABLED";
  const auto arn = call.world.events().put_rule(std::move(rule));
  if (!arn) return tl::unexpected(arn.error());
  return json{{"RuleArn", *arn}};
}

Answer describe_rule(const AwsCall& call, const json& body) {
  const auto rule = call.world.events().rule(body.value("Name", ""));
  if (!rule) return tl::unexpected(rule.error());
  return rule_json(*rule);
}

Answer list_rules(const AwsCall& call, const json& body) {
  json rules = json::array();
  for (const EventRule& rule : call.world.events().rules(body.value("NamePrefix", "")))
    rules.push_back(rule_json(rule));
  return json{{"Rules", rules}};
}

Answer delete_rule(const AwsCall& call, const json& body) {
  const auto done = call.world.events().remove_rule(body.value("Name", ""));
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

Answer set_enabled(const AwsCall& call, const json& body) {
  const auto done = call.world.events().set_enabled(body.value("Name", ""), call.operation == "EnableRule");
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

Answer put_targets(const AwsCall& call, const json& body) {
  std::vector<EventTarget> targets;
  for (const json& target : body.value("Targets", json::array())) {
    for (const char* member : {"InputPath", "InputTransformer"})
      if (target.contains(member))
        return refuse("ValidationException", 400, std::string(member) + " is not simulated here.");
    targets.push_back(
        {target.at("Id"), target.at("Arn"), target.value("RoleArn", ""), target.value("Input", "")});
  }
  const auto failed = call.world.events().put_targets(body.value("Rule", ""), targets);
  if (!failed) return tl::unexpected(failed.error());
  json entries = json::array();
  for (const EventBridge::FailedTarget& each : *failed)
    entries.push_back(
        {{"TargetId", each.id}, {"ErrorCode", each.error.code}, {"ErrorMessage", each.error.message}});
  return json{{"FailedEntryCount", failed->size()}, {"FailedEntries", entries}};
}

Answer list_targets(const AwsCall& call, const json& body) {
  const auto rule = call.world.events().rule(body.value("Rule", ""));
  if (!rule) return tl::unexpected(rule.error());
  json targets = json::array();
  for (const auto& [id, target] : rule->targets) {
    targets.push_back({{"Id", id}, {"Arn", target.arn}});
    if (!target.role_arn.empty()) targets.back()["RoleArn"] = target.role_arn;
    if (!target.input.empty()) targets.back()["Input"] = target.input;
  }
  return json{{"Targets", targets}};
}

Answer remove_targets(const AwsCall& call, const json& body) {
  const auto done = call.world.events().remove_targets(body.value("Rule", ""),
                                                       body.value("Ids", std::vector<std::string>{}));
  if (!done) return tl::unexpected(done.error());
  return json{{"FailedEntryCount", 0}, {"FailedEntries", json::array()}};
}

// HTTP 200, whatever becomes of the entries.
Answer put_events(const AwsCall& call, const json& body) {
  const json given = body.value("Entries", json::array());
  if (given.empty() || given.size() > kMostEntries)
    return refuse("ValidationException", 400, "Entries must have 1 to 10 elements.");
  int failed = 0;
  json entries = json::array();
  for (const json& entry : given) {
    Event event;
    event.source = entry.value("Source", "");
    event.detail_type = entry.value("DetailType", "");
    event.detail = entry.value("Detail", "");
    event.resources = entry.value("Resources", std::vector<std::string>{});
    if (entry.contains("Time")) event.time = from_epoch_s(entry.at("Time").get<double>());
    const bool reserved = event.source.starts_with("aws.");
    const auto id = reserved ? Reply<std::string>(refuse("NotAuthorizedForSourceException", 400,
                                                         "Not authorized for the source."))
                             : call.world.events().put_event(event);
    if (id)
      entries.push_back({{"EventId", *id}});
    else
      entries.push_back({{"ErrorCode", id.error().code}, {"ErrorMessage", id.error().message}});
    failed += id ? 0 : 1;
  }
  return json{{"FailedEntryCount", failed}, {"Entries", entries}};
}

const std::map<std::string, Answer (*)(const AwsCall&, const json&)> kOperations{
    {"PutRule", put_rule},       {"DescribeRule", describe_rule},     {"ListRules", list_rules},
    {"DeleteRule", delete_rule}, {"EnableRule", set_enabled},         {"DisableRule", set_enabled},
    {"PutTargets", put_targets}, {"ListTargetsByRule", list_targets}, {"RemoveTargets", remove_targets},
    {"PutEvents", put_events}};

}  // namespace

Reply<net::HttpResponse> serve_events(const AwsCall& call) {
  const auto operation = kOperations.find(call.operation);
  if (operation == kOperations.end())
    return tl::unexpected(unknown_operation(Protocol::json, call.operation));
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object())
    return refuse("SerializationException", 400, "The request body is not a JSON object.");
  try {
    if (const std::string bus = body.value("EventBusName", "default"); bus != "default")
      return refuse("ResourceNotFoundException", 400, "Event bus " + bus + " does not exist.");
    const std::string resource = body.value("Rule", body.value("Name", "*"));
    if (auto may = authorize(call, Protocol::json, "events", call.operation, resource); !may)
      return tl::unexpected(may.error());
    const Answer answer = operation->second(call, body);
    if (!answer) return tl::unexpected(answer.error());
    return net::HttpResponse{200, {{"Content-Type", "application/x-amz-json-1.1"}}, answer->dump()};
  } catch (const json::exception& error) {
    return refuse("SerializationException", 400, error.what());
  }
}

}  // namespace keyturn::sim
