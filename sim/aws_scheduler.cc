// EventBridge Scheduler, API version 2021-06-30: REST and JSON below /schedules.
#include <map>
#include <nlohmann/json.hpp>

#include "sim/aws_service.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Answer = Reply<json>;

std::string name_in(const AwsRequest& request) {
  const std::string path = percent_decode(request.path);
  const std::string prefix = "/schedules/";
  return path.starts_with(prefix) ? path.substr(prefix.size()) : "";
}

std::optional<TimePoint> time_in(const json& body, const char* name) {
  return body.contains(name) ? std::optional(from_epoch_s(body.at(name).get<double>())) : std::nullopt;
}

Reply<Schedule> schedule_in(const AwsCall& call, const json& body) {
  if (body.value("GroupName", "default") != "default")
    return refuse("ResourceNotFoundException", 404, "There is no schedule group but default here.");
  Schedule schedule;
  schedule.name = name_in(call.request);
  schedule.expression = body.value("ScheduleExpression", "");
  schedule.timezone = body.value("ScheduleExpressionTimezone", "UTC");
  schedule.enabled = body.value("State", "ENABLED") != "DISABLED";
  schedule.description = body.value("Description", "");
  schedule.start_at = time_in(body, "StartDate");
  schedule.end_at = time_in(body, "EndDate");
  schedule.delete_when_done = body.value("ActionAfterCompletion", "NONE") == "DELETE";
  const json window = body.value("FlexibleTimeWindow", json::object());
  const std::string mode = window.value("Mode", "");
  if (mode != "OFF" && !(mode == "FLEXIBLE" && window.contains("MaximumWindowInMinutes")))
    return refuse("ValidationException", 400,
                  "FlexibleTimeWindow needs the Mode OFF, or FLEXIBLE with its minutes.");
  schedule.window_json = window.dump();
  const json target = body.value("Target", json::object());
  schedule.target = {"", target.value("Arn", ""), target.value("RoleArn", ""), target.value("Input", "")};
  schedule.target_json = target.dump();
  return schedule;
}

json schedule_json(const Schedule& schedule) {
  json made{{"Arn", schedule.arn},
            {"GroupName", "default"},
            {"Name", schedule.name},
            {"State", schedule.enabled ? "ENABLED" : "DISABLED"},
            {"ScheduleExpression", schedule.expression},
            {"ScheduleExpressionTimezone", schedule.timezone},
            {"FlexibleTimeWindow", json::parse(schedule.window_json)},
            {"Target", json::parse(schedule.target_json)},
            {"ActionAfterCompletion", schedule.delete_when_done ? "DELETE" : "NONE"},
            {"CreationDate", to_epoch_s(schedule.created_at)},
            {"LastModificationDate", to_epoch_s(schedule.modified_at)}};
  if (!schedule.description.empty()) made["Description"] = schedule.description;
  if (schedule.start_at) made["StartDate"] = to_epoch_s(*schedule.start_at);
  if (schedule.end_at) made["EndDate"] = to_epoch_s(*schedule.end_at);
  return made;
}

Answer put(const AwsCall& call, const json& body) {
  const auto schedule = schedule_in(call, body);
  if (!schedule) return tl::unexpected(schedule.error());
  Scheduler& scheduler = call.world.scheduler();
  const auto arn =
      call.operation == "CreateSchedule" ? scheduler.create(*schedule) : scheduler.update(*schedule);
  if (!arn) return tl::unexpected(arn.error());
  return json{{"ScheduleArn", *arn}};
}

Answer get(const AwsCall& call, const json& /*body*/) {
  const auto schedule = call.world.scheduler().get(name_in(call.request));
  if (!schedule) return tl::unexpected(schedule.error());
  return schedule_json(*schedule);
}

Answer remove(const AwsCall& call, const json& /*body*/) {
  const auto done = call.world.scheduler().remove(name_in(call.request));
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

Answer list(const AwsCall& call, const json& /*body*/) {
  json schedules = json::array();
  for (const Schedule& schedule : call.world.scheduler().schedules()) {
    if (!schedule.name.starts_with(call.request.query.get_or("NamePrefix", ""))) continue;
    json each = schedule_json(schedule);
    for (const char* detail : {"ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow",
                               "ActionAfterCompletion", "Description", "StartDate", "EndDate"})
      each.erase(detail);
    each["Target"] = {{"Arn", schedule.target.arn}};
    schedules.push_back(std::move(each));
  }
  return json{{"Schedules", schedules}};
}

const std::map<std::string, Answer (*)(const AwsCall&, const json&)> kOperations{{"CreateSchedule", put},
                                                                                 {"UpdateSchedule", put},
                                                                                 {"GetSchedule", get},
                                                                                 {"DeleteSchedule", remove},
                                                                                 {"ListSchedules", list}};

}  // namespace

std::string scheduler_operation(const AwsRequest& request) {
  if (request.path == "/schedules") return request.method == "GET" ? "ListSchedules" : "?";
  if (name_in(request).empty()) return "?";
  static const std::map<std::string, std::string> kMethods{{"POST", "CreateSchedule"},
                                                           {"PUT", "UpdateSchedule"},
                                                           {"GET", "GetSchedule"},
                                                           {"DELETE", "DeleteSchedule"}};
  const auto found = kMethods.find(request.method);
  return found == kMethods.end() ? "?" : found->second;
}

Reply<net::HttpResponse> serve_scheduler(const AwsCall& call) {
  const auto operation = kOperations.find(call.operation);
  if (operation == kOperations.end())
    return tl::unexpected(unknown_operation(Protocol::rest_json, call.operation));
  try {
    const json body = call.request.body.empty() ? json::object() : json::parse(call.request.body);
    const std::string name = name_in(call.request);
    if (auto may =
            authorize(call, Protocol::rest_json, "scheduler", call.operation, name.empty() ? "*" : name);
        !may)
      return tl::unexpected(may.error());
    const Answer answer = operation->second(call, body);
    if (!answer) return tl::unexpected(answer.error());
    return net::HttpResponse{200, {{"Content-Type", "application/json"}}, answer->dump()};
  } catch (const json::exception& error) {
    return refuse("ValidationException", 400, error.what());
  }
}

}  // namespace keyturn::sim
