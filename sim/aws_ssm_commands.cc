// Systems Manager's Run Command over JSON.
#include <map>

#include "sim/aws_ssm.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;

constexpr std::string_view kTruncated = "--output truncated--";
constexpr std::size_t kListOutput = 2500, kOutput = 24'000, kErrors = 8'000;

std::string cut(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  return text.substr(0, limit - kTruncated.size()).append(kTruncated);
}

json texts_or_empty(const json& body, const char* member) { return body.value(member, json::array()); }

json parameters_json(const ParameterValues& parameters) {
  json object = json::object();
  for (const auto& [name, values] : parameters) object[name] = values;
  return object;
}

json command_json(const Command& command) {
  const SendRequest& request = command.request;
  json targets = json::array();
  for (const CommandTarget& target : request.targets)
    targets.push_back({{"Key", target.key}, {"Values", target.values}});
  return {{"CommandId", command.id},
          {"DocumentName", request.document},
          {"DocumentVersion", request.document_version},
          {"Comment", request.comment},
          {"ExpiresAfter", to_epoch_s(command.expires_after)},
          {"Parameters", parameters_json(request.parameters)},
          {"InstanceIds", request.instance_ids},
          {"Targets", targets},
          {"RequestedDateTime", to_epoch_s(command.requested_at)},
          {"Status", status_of(command.state)},
          {"StatusDetails", details_of(command.state)},
          {"MaxConcurrency", request.max_concurrency},
          {"MaxErrors", request.max_errors},
          {"TargetCount", command.target_count},
          {"CompletedCount", command.completed_count},
          {"ErrorCount", command.error_count},
          {"DeliveryTimedOutCount", command.delivery_timed_out_count},
          {"TimeoutSeconds", std::chrono::floor<std::chrono::seconds>(request.timeout).count()}};
}

// A command is a right on each node that it goes to; that on its document was asked for before.
Reply<void> may_reach(const AwsCall& call, const SendRequest& request) {
  for (const auto& [id, tags] : call.world.ssm().tags_of_targets(request)) {
    AccessContext context;
    for (const auto& [key, value] : tags) context["ssm:resourceTag/" + key] = {value};
    const std::string node = id.starts_with("mi-") ? arn_of(call, "ssm", "managed-instance/" + id)
                                                   : arn_of(call, "ec2", "instance/" + id);
    if (auto may = authorize(call, Protocol::json, "ssm", call.operation, node, context); !may) return may;
  }
  return {};
}

SsmAnswer send_command(const AwsCall& call, const json& body) {
  SendRequest request;
  request.document = body.at("DocumentName");
  request.document_version = body.value("DocumentVersion", "");
  request.document_hash = body.value("DocumentHash", "");
  request.instance_ids = texts_or_empty(body, "InstanceIds").get<std::vector<std::string>>();
  for (const SsmFilter& target : ssm_filters(body, "Targets", "Key", "Values"))
    request.targets.push_back({target.key, target.values});
  request.parameters = body.value("Parameters", json::object()).get<ParameterValues>();
  request.comment = body.value("Comment", "");
  request.max_concurrency = body.value("MaxConcurrency", "50");
  request.max_errors = body.value("MaxErrors", "0");
  request.timeout = std::chrono::seconds{body.value("TimeoutSeconds", 3600)};
  if (auto may = may_reach(call, request); !may) return tl::unexpected(may.error());
  const auto sent = call.world.ssm().send_command(request);
  if (!sent) return tl::unexpected(sent.error());
  return json{{"Command", command_json(*sent)}};
}

SsmAnswer list_commands(const AwsCall& call, const json& body) {
  const auto page = call.world.ssm().list_commands(body.value("CommandId", ""),
                                                   ssm_filters(body, "Filters", "key", "value"),
                                                   body.value("MaxResults", 50), body.value("NextToken", ""));
  if (!page) return tl::unexpected(page.error());
  json list = json::array();
  for (const Command& command : page->items) list.push_back(command_json(command));
  json reply{{"Commands", list}};
  add_token(reply, page->next_token);
  return reply;
}

// Of a step that another platform is for, or that has not begun, nothing was printed.
std::string listed_output(const StepRecord& step) {
  return cut(step.err.empty() ? step.out : step.out + "\n----------ERROR-------\n" + step.err, kListOutput);
}

json plugin_json(const StepRecord& step) {
  json plugin{{"Name", step.name},
              {"Status", status_of(step.state)},
              {"StatusDetails", details_of(step.state)},
              {"ResponseCode", step.response_code},
              {"Output", listed_output(step)}};
  if (step.started_at) plugin["ResponseStartDateTime"] = to_epoch_s(*step.started_at);
  if (step.ended_at) plugin["ResponseFinishDateTime"] = to_epoch_s(*step.ended_at);
  return plugin;
}

SsmAnswer list_invocations(const AwsCall& call, const json& body) {
  if (body.value("CommandId", "").empty())
    return refuse("InvalidCommandId", 400, "Invocations are listed for one command at a time here.");
  const auto page =
      call.world.ssm().list_invocations(body.at("CommandId"), body.value("InstanceId", ""),
                                        body.value("MaxResults", 50), body.value("NextToken", ""));
  if (!page) return tl::unexpected(page.error());
  const bool details = body.value("Details", false);
  json list = json::array();
  for (const auto& item : page->items) {
    json plugins = json::array();
    if (details)
      for (const StepRecord& step : item.invocation.steps) plugins.push_back(plugin_json(step));
    list.push_back({{"CommandId", item.command_id},
                    {"InstanceId", item.invocation.instance_id},
                    {"InstanceName", ""},
                    {"Comment", item.comment},
                    {"DocumentName", item.document},
                    {"DocumentVersion", item.document_version},
                    {"RequestedDateTime", to_epoch_s(item.invocation.requested_at)},
                    {"Status", status_of(item.invocation.state)},
                    {"StatusDetails", details_of(item.invocation.state)},
                    {"CommandPlugins", plugins}});
  }
  json reply{{"CommandInvocations", list}};
  add_token(reply, page->next_token);
  return reply;
}

SsmAnswer get_invocation(const AwsCall& call, const json& body) {
  const auto view = call.world.ssm().get_invocation(body.at("CommandId"), body.at("InstanceId"),
                                                    body.value("PluginName", ""));
  if (!view) return tl::unexpected(view.error());
  const StepRecord& step = view->step;
  json reply{{"CommandId", view->of.command_id},
             {"InstanceId", view->of.invocation.instance_id},
             {"Comment", view->of.comment},
             {"DocumentName", view->of.document},
             {"DocumentVersion", view->of.document_version},
             {"PluginName", step.name},
             {"ResponseCode", step.response_code},
             {"Status", status_of(step.state)},
             {"StatusDetails", details_of(step.state)},
             {"StandardOutputContent", cut(step.out, kOutput)},
             {"StandardErrorContent", cut(step.err, kErrors)},
             {"StandardOutputUrl", ""},
             {"StandardErrorUrl", ""}};
  if (step.started_at) reply["ExecutionStartDateTime"] = format_iso8601(*step.started_at);
  if (step.ended_at) reply["ExecutionEndDateTime"] = format_iso8601(*step.ended_at);
  return reply;
}

SsmAnswer cancel_command(const AwsCall& call, const json& body) {
  const auto done = call.world.ssm().cancel_command(
      body.at("CommandId"), texts_or_empty(body, "InstanceIds").get<std::vector<std::string>>());
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

json node_json(const ManagedNode& node) {
  return {{"InstanceId", node.id},
          {"PingStatus", to_string(node.ping)},
          {"LastPingDateTime", to_epoch_s(node.last_ping_at)},
          {"AgentVersion", node.agent_version},
          {"IsLatestVersion", true},
          {"PlatformType", node.platform_type},
          {"PlatformName", node.platform_name},
          {"PlatformVersion", node.platform_version},
          {"ResourceType", node.id.starts_with("mi-") ? "ManagedInstance" : "EC2Instance"},
          {"IPAddress", node.ip_address},
          {"ComputerName", node.computer_name}};
}

SsmAnswer describe_instance_information(const AwsCall& call, const json& body) {
  auto filters = ssm_filters(body, "Filters", "Key", "Values");
  for (SsmFilter& filter : ssm_filters(body, "InstanceInformationFilterList", "key", "valueSet"))
    filters.push_back(std::move(filter));
  const auto page = call.world.ssm().describe_instance_information(filters, body.value("MaxResults", 50),
                                                                   body.value("NextToken", ""));
  if (!page) return tl::unexpected(page.error());
  json list = json::array();
  for (const ManagedNode& node : page->items) list.push_back(node_json(node));
  json reply{{"InstanceInformationList", list}};
  add_token(reply, page->next_token);
  return reply;
}

}  // namespace

SsmOperation find_command_operation(const std::string& operation) {
  static const std::map<std::string, SsmOperation> kOperations{
      {"SendCommand", send_command},
      {"ListCommands", list_commands},
      {"ListCommandInvocations", list_invocations},
      {"GetCommandInvocation", get_invocation},
      {"CancelCommand", cancel_command},
      {"DescribeInstanceInformation", describe_instance_information}};
  const auto found = kOperations.find(operation);
  return found == kOperations.end() ? nullptr : found->second;
}

}  // namespace keyturn::sim
