#include "aws/ssm.h"

#include <algorithm>

#include "aws/json.h"

namespace keyturn::aws {
namespace {

using Json = nlohmann::json;

constexpr int kPage = 50;  // the most that these operations give

Call make_call(const std::string& operation, const std::string& resource, Nature nature, const Json& body) {
  Call call;
  call.operation = operation;
  call.resource = resource;
  call.nature = nature;
  call.request = json_request("AmazonSSM." + operation, dump_json(body));
  return call;
}

std::string without_blanks(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return text;
}

bool is_over_status(const std::string& status) {
  return status != "Pending" && status != "InProgress" && status != "Delayed" && status != "Cancelling";
}

SsmCommand read_command(const Json& object) {
  return {text_of(object, "CommandId"),
          text_of(object, "Comment"),
          without_blanks(text_of(object, "Status")),
          time_of(object, "RequestedDateTime").value_or(TimePoint{}),
          number_of(object, "TargetCount", 0),
          number_of(object, "CompletedCount", 0)};
}

SsmInvocation read_invocation(const Json& object) {
  SsmInvocation invocation{
      text_of(object, "InstanceId"), without_blanks(text_of(object, "StatusDetails")), {}};
  if (invocation.details.empty()) invocation.details = without_blanks(text_of(object, "Status"));
  const auto plugins = object.find("CommandPlugins");
  if (plugins == object.end() || !plugins->is_array()) return invocation;
  for (const Json& plugin : *plugins)
    if (plugin.is_object())
      invocation.steps.push_back({text_of(plugin, "Name"), without_blanks(text_of(plugin, "StatusDetails")),
                                  number_of(plugin, "ResponseCode", -1), text_of(plugin, "Output")});
  return invocation;
}

SsmNode read_node(const Json& object) {
  return {text_of(object, "InstanceId"),       text_of(object, "PingStatus"),
          time_of(object, "LastPingDateTime"), text_of(object, "AgentVersion"),
          text_of(object, "PlatformType"),     text_of(object, "ComputerName")};
}

// Goes through all pages of a listing whose entries stand in `member`.
Result<void> each_page(const Client& client, const std::string& operation, const std::string& resource,
                       Json body, const char* member, const std::function<void(const Json&)>& each) {
  const auto bad = [&] { return fail(client.not_understood(operation, resource, Nature::read)); };
  std::string token;
  do {
    if (!token.empty()) body["NextToken"] = token;
    const auto reply = client.call(make_call(operation, resource, Nature::read, body));
    if (!reply) return fail(reply.error());
    const Json object = parse_json(reply->body);
    if (!object.is_object()) return bad();
    if (const auto list = object.find(member); list != object.end() && list->is_array())
      for (const Json& entry : *list) {
        if (!entry.is_object()) return bad();
        each(entry);
      }
    std::string next = text_of(object, "NextToken");
    if (!next.empty() && next == token) return bad();
    token = std::move(next);  // a page may be empty and still not be the last
  } while (!token.empty());
  return {};
}

Json request_body(const SsmCommandRequest& request) {
  const auto timeout =
      std::chrono::floor<std::chrono::seconds>(std::max(request.delivery_timeout, kLeastDeliveryTimeout));
  Json body{{"DocumentName", request.document},
            {"Comment", request.comment},
            {"TimeoutSeconds", timeout.count()},
            {"MaxConcurrency", request.max_concurrency},
            {"MaxErrors", request.max_errors}};
  if (!request.node_ids.empty()) body["InstanceIds"] = request.node_ids;
  for (const auto& [key, value] : request.tags)
    body["Targets"].push_back({{"Key", "tag:" + key}, {"Values", {value}}});
  if (!request.parameters.empty()) body["Parameters"] = request.parameters;
  return body;
}

}  // namespace

bool SsmCommand::is_over() const { return is_over_status(status); }
bool SsmInvocation::is_over() const { return is_over_status(details); }

Result<SsmCommand> Ssm::send_command(const SsmCommandRequest& request, Nature nature,
                                     std::optional<TimePoint> not_after) const {
  const std::string resource = "document " + request.document;
  Call call = make_call("SendCommand", resource, nature, request_body(request));
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  const Json object = parse_json(reply->body);
  const auto command = object.is_object() ? object.find("Command") : object.end();
  if (!object.is_object() || command == object.end() || !command->is_object() ||
      text_of(*command, "CommandId").empty())
    return fail(client_.not_understood("SendCommand", resource, nature));
  return read_command(*command);
}

Result<std::vector<SsmCommand>> Ssm::commands(const std::string& document, TimePoint since) const {
  const std::string after = format_iso8601(std::chrono::floor<std::chrono::seconds>(since));
  // Its filter takes a name only.
  const std::string name = document.starts_with("arn:") ? document.substr(document.rfind('/') + 1) : document;
  const Json body{
      {"MaxResults", kPage},
      {"Filters", {{{"key", "InvokedAfter"}, {"value", after}}, {{"key", "DocumentName"}, {"value", name}}}}};
  std::vector<SsmCommand> commands;
  const auto done = each_page(client_, "ListCommands", "document " + name, body, "Commands",
                              [&](const Json& entry) { commands.push_back(read_command(entry)); });
  if (!done) return fail(done.error());
  return commands;
}

Result<void> Ssm::invocations(const std::string& command_id,
                              const std::function<void(SsmInvocation)>& each) const {
  const Json body{{"CommandId", command_id}, {"Details", true}, {"MaxResults", kPage}};
  return each_page(client_, "ListCommandInvocations", "command " + command_id, body, "CommandInvocations",
                   [&](const Json& entry) { each(read_invocation(entry)); });
}

Result<SsmStepOutput> Ssm::output(const std::string& command_id, const std::string& node_id,
                                  const std::string& step) const {
  const std::string resource = "command " + command_id + " on " + node_id;
  const Json body{{"CommandId", command_id}, {"InstanceId", node_id}, {"PluginName", step}};
  const auto reply = client_.call(make_call("GetCommandInvocation", resource, Nature::read, body));
  if (!reply) return fail(reply.error());
  const Json object = parse_json(reply->body);
  if (!object.is_object())
    return fail(client_.not_understood("GetCommandInvocation", resource, Nature::read));
  return SsmStepOutput{text_of(object, "StandardOutputContent"), text_of(object, "StandardErrorContent")};
}

Result<void> Ssm::cancel_command(const std::string& command_id) const {
  const auto reply = client_.call(
      make_call("CancelCommand", "command " + command_id, Nature::repeatable, {{"CommandId", command_id}}));
  if (!reply) return fail(reply.error());
  return {};
}

Result<std::string> Ssm::document(const std::string& name) const {
  const std::string resource = "document " + name;
  const Json body{{"Name", name}, {"DocumentFormat", "JSON"}};
  const auto reply = client_.call(make_call("GetDocument", resource, Nature::read, body));
  if (!reply) return fail(reply.error());
  const Json object = parse_json(reply->body);
  if (!object.is_object() || text_of(object, "Content").empty())
    return fail(client_.not_understood("GetDocument", resource, Nature::read));
  return text_of(object, "Content");
}

Result<std::vector<SsmNode>> Ssm::nodes_with(const std::map<std::string, std::string>& tags) const {
  Json body{{"MaxResults", kPage}};
  for (const auto& [key, value] : tags)
    body["Filters"].push_back({{"Key", "tag:" + key}, {"Values", {value}}});
  std::vector<SsmNode> nodes;
  const auto done = each_page(client_, "DescribeInstanceInformation", "", body, "InstanceInformationList",
                              [&](const Json& entry) { nodes.push_back(read_node(entry)); });
  if (!done) return fail(done.error());
  return nodes;
}

Result<std::vector<SsmNode>> Ssm::nodes(const std::vector<std::string>& ids) const {
  std::vector<SsmNode> nodes;
  for (std::size_t at = 0; at < ids.size(); at += kPage) {
    const auto end = ids.begin() + std::ptrdiff_t(std::min(ids.size(), at + kPage));
    const std::vector<std::string> some(ids.begin() + std::ptrdiff_t(at), end);
    const Json body{{"MaxResults", kPage}, {"Filters", {{{"Key", "InstanceIds"}, {"Values", some}}}}};
    const auto done = each_page(client_, "DescribeInstanceInformation", "", body, "InstanceInformationList",
                                [&](const Json& entry) { nodes.push_back(read_node(entry)); });
    if (!done) return fail(done.error());
  }
  return nodes;
}

}  // namespace keyturn::aws
