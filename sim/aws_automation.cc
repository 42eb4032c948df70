// Systems Manager's Automation, API version 2014-11-06: JSON 1.1. sim/aws_ssm.cc passes its operations on.
#include <map>
#include <nlohmann/json.hpp>

#include "sim/aws_ssm.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Answer = Reply<json>;

template <class Item>
Reply<std::pair<std::vector<Item>, std::string>> page_of(const std::vector<Item>& all, const json& body) {
  const auto most = std::size_t(body.value("MaxResults", 50));
  const std::string token = body.value("NextToken", "");
  if (most < 1 || most > 50 || token.find_first_not_of("0123456789") != std::string::npos || token.size() > 9)
    return refuse("InvalidNextToken", 400, "MaxResults or NextToken is not valid.");
  const std::size_t from = std::min(all.size(), token.empty() ? 0 : std::size_t(std::stoul(token)));
  const std::size_t to = std::min(all.size(), from + most);
  return std::pair{std::vector<Item>(all.begin() + std::ptrdiff_t(from), all.begin() + std::ptrdiff_t(to)),
                   to < all.size() ? std::to_string(to) : std::string()};
}

json step_json(const StepExecution& step) {
  json made{{"StepName", step.name},
            {"Action", step.action},
            {"StepExecutionId", step.id},
            {"StepStatus", to_string(step.status)},
            {"Inputs", step.inputs},
            {"OnFailure", step.of.on_failure},
            {"MaxAttempts", step.of.max_attempts},
            {"IsEnd", step.of.is_end},
            {"IsCritical", step.of.is_critical},
            {"ValidNextSteps", json::array()},
            {"OverriddenParameters", json::object()}};
  if (step.started_at) made["ExecutionStartTime"] = to_epoch_s(*step.started_at);
  if (step.ended_at) made["ExecutionEndTime"] = to_epoch_s(*step.ended_at);
  if (step.of.timeout) made["TimeoutSeconds"] = step.of.timeout->count() / 1000;
  if (!step.of.next_step.empty()) made["NextStep"] = step.of.next_step;
  if (!step.response_code.empty()) made["ResponseCode"] = step.response_code;
  if (!step.outputs.empty()) made["Outputs"] = step.outputs;
  if (!step.failure_message.empty()) {
    made["FailureMessage"] = step.failure_message;
    made["FailureDetails"] = {
        {"FailureStage", "Execution"},
        {"FailureType", step.status == AutomationStatus::timed_out ? "Timeout" : "Action"},
        {"Details", {{"Message", {step.failure_message}}}}};
  }
  if (!step.parent_id.empty())
    made["ParentStepDetails"] = {{"StepExecutionId", step.parent_id},
                                 {"StepName", step.parent_name},
                                 {"Action", "aws:loop"},
                                 {"Iteration", step.iteration}};
  return made;
}

json execution_json(const AutomationExecution& execution, bool whole) {
  json made{{"AutomationExecutionId", execution.id},
            {"DocumentName", execution.document_name},
            {"DocumentVersion", execution.document_version},
            {"ExecutionStartTime", to_epoch_s(execution.started_at)},
            {"AutomationExecutionStatus", to_string(execution.status)},
            {"Outputs", execution.outputs},
            {"Mode", "Auto"},
            {"ExecutedBy", execution.executed_by},
            {"Targets", json::array()},
            {"ResolvedTargets", {{"ParameterValues", json::array()}, {"Truncated", false}}}};
  if (execution.ended_at) made["ExecutionEndTime"] = to_epoch_s(*execution.ended_at);
  if (!execution.failure_message.empty()) made["FailureMessage"] = execution.failure_message;
  if (!execution.current_step.empty()) {
    made["CurrentStepName"] = execution.current_step;
    made["CurrentAction"] = execution.current_action;
  }
  if (!whole) {
    made["AutomationType"] = "Local";
    return made;
  }
  made["Parameters"] = execution.parameters;
  made["StepExecutions"] = json::array();
  for (const StepExecution& step : execution.steps) made["StepExecutions"].push_back(step_json(step));
  made["StepExecutionsTruncated"] = false;
  return made;
}

Answer start(const AwsCall& call, const json& body) {
  for (const char* member : {"Targets", "TargetMaps", "TargetLocations", "TargetParameterName"})
    if (body.contains(member))
      return refuse("InvalidTarget", 400,
                    std::string(member) + ": executions over targets are not simulated here.");
  if (body.value("Mode", "Auto") != "Auto")
    return refuse("InvalidAutomationExecutionParametersException", 400,
                  "Only the mode Auto is simulated here.");
  Automation::StartRequest request;
  request.document = body.value("DocumentName", "");
  request.document_version = body.value("DocumentVersion", "");
  request.client_token = body.value("ClientToken", "");
  request.parameters = body.value("Parameters", ParameterValues{});
  const auto id = call.world.automation().start(request, {call.caller.arn, call.caller.policy});
  if (!id) return tl::unexpected(id.error());
  return json{{"AutomationExecutionId", *id}};
}

Answer get(const AwsCall& call, const json& body) {
  const auto execution = call.world.automation().get(body.value("AutomationExecutionId", ""));
  if (!execution) return tl::unexpected(execution.error());
  return json{{"AutomationExecution", execution_json(*execution, true)}};
}

Answer describe_executions(const AwsCall& call, const json& body) {
  std::vector<Automation::ExecutionFilter> filters;
  for (const json& filter : body.value("Filters", json::array()))
    filters.push_back({filter.at("Key"), filter.at("Values")});
  const auto all = call.world.automation().describe(filters);
  if (!all) return tl::unexpected(all.error());
  const auto page = page_of(*all, body);
  if (!page) return tl::unexpected(page.error());
  json reply{{"AutomationExecutionMetadataList", json::array()}};
  for (const AutomationExecution& execution : page->first)
    reply["AutomationExecutionMetadataList"].push_back(execution_json(execution, false));
  if (!page->second.empty()) reply["NextToken"] = page->second;
  return reply;
}

Answer describe_steps(const AwsCall& call, const json& body) {
  std::vector<Automation::StepFilter> filters;
  for (const json& filter : body.value("Filters", json::array()))
    filters.push_back({filter.at("Key"), filter.at("Values")});
  auto all = call.world.automation().steps(body.value("AutomationExecutionId", ""), filters);
  if (!all) return tl::unexpected(all.error());
  if (body.value("ReverseOrder", false)) std::reverse(all->begin(), all->end());
  const auto page = page_of(*all, body);
  if (!page) return tl::unexpected(page.error());
  json reply{{"StepExecutions", json::array()}};
  for (const StepExecution& step : page->first) reply["StepExecutions"].push_back(step_json(step));
  if (!page->second.empty()) reply["NextToken"] = page->second;
  return reply;
}

Answer stop(const AwsCall& call, const json& body) {
  const bool complete = body.value("Type", "Cancel") == "Complete";
  const auto stopped = call.world.automation().stop(body.value("AutomationExecutionId", ""), complete);
  if (!stopped) return tl::unexpected(stopped.error());
  return json::object();
}

}  // namespace

SsmOperation find_automation_operation(const std::string& operation) {
  static const std::map<std::string, SsmOperation> kOperations{
      {"StartAutomationExecution", start},
      {"GetAutomationExecution", get},
      {"DescribeAutomationExecutions", describe_executions},
      {"DescribeAutomationStepExecutions", describe_steps},
      {"StopAutomationExecution", stop}};
  const auto found = kOperations.find(operation);
  return found == kOperations.end() ? nullptr : found->second;
}

}  // namespace keyturn::sim
