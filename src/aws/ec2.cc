#include "aws/ec2.h"

#include "aws/xml.h"

namespace keyturn::aws {
namespace {

constexpr const char* kOperation = "DescribeInstances";

FormBody request_body(const std::map<std::string, std::string>& tags, const std::string& next_token) {
  FormBody body(kOperation, "2016-11-15");
  int filter = 0;
  for (const auto& [key, value] : tags) {
    const std::string prefix = "Filter." + std::to_string(++filter);
    body.add(prefix + ".Name", "tag:" + key).add(prefix + ".Value.1", value);
  }
  const std::string prefix = "Filter." + std::to_string(++filter);
  body.add(prefix + ".Name", "instance-state-name");
  int number = 0;
  for (const char* state : {"pending", "running", "stopping", "stopped"})
    body.add(prefix + ".Value." + std::to_string(++number), state);
  body.add("MaxResults", "1000");
  if (!next_token.empty()) body.add("NextToken", next_token);
  return body;
}

// "User initiated (2026-01-02 03:04:05 GMT)".
std::optional<TimePoint> transition_time(const std::string& reason) {
  const std::size_t open = reason.find('(');
  const std::size_t end = reason.find(" GMT)");
  if (open == std::string::npos || end == std::string::npos || end < open) return std::nullopt;
  const auto parsed = parse_iso8601(reason.substr(open + 1, end - open - 1) + "Z");
  return parsed ? std::optional(*parsed) : std::nullopt;
}

Ec2Instance read_instance(const XmlNode& node) {
  Ec2Instance instance;
  instance.id = text_at(node, "instanceId");
  instance.state = text_at(node.child("instanceState"), "name");
  instance.private_ip = text_at(node, "privateIpAddress");
  instance.private_dns_name = text_at(node, "privateDnsName");
  instance.is_windows = text_at(node, "platform") == "windows";
  instance.launched_at = time_at(node, "launchTime").value_or(TimePoint{});
  if (instance.state != "running" && instance.state != "pending")
    instance.state_changed_at = transition_time(text_at(node, "reason"));
  for (const XmlNode& tag : node.child("tagSet").children_named("item"))
    instance.tags[text_at(tag, "key")] = text_at(tag, "value");
  return instance;
}

}  // namespace

Result<std::vector<Ec2Instance>> Ec2::describe_instances(
    const std::map<std::string, std::string>& tags) const {
  std::vector<Ec2Instance> instances;
  std::string token;
  do {
    Call call;
    call.operation = kOperation;
    call.nature = Nature::read;
    call.request = request_body(tags, token).request();
    const auto reply = client_.call(std::move(call));
    if (!reply) return fail(reply.error());
    const XmlNode root = parse_xml(reply->body);
    const std::string next = text_at(root, "nextToken");
    if (root.name != "DescribeInstancesResponse" || (!next.empty() && next == token))
      return fail(client_.not_understood(kOperation, "", Nature::read));
    for (const XmlNode& reservation : root.child("reservationSet").children_named("item"))
      for (const XmlNode& item : reservation.child("instancesSet").children_named("item"))
        instances.push_back(read_instance(item));
    token = next;  // a page may be empty and still not be the last
  } while (!token.empty());
  return instances;
}

}  // namespace keyturn::aws
