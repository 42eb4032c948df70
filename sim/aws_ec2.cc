// EC2, API version 2016-11-15.
#include "sim/aws_service.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

std::string instance_xml(const Ec2Instance& instance) {
  const bool windows = instance.platform == "windows";
  std::string xml =
      xml_text("instanceId", instance.id) + xml_text("imageId", "ami-0abcdef1234567890") +
      xml_nest("instanceState", xml_text("code", std::to_string(int(instance.state))) +
                                    xml_text("name", to_string(instance.state))) +
      xml_text("privateDnsName", "") + xml_text("instanceType", "m5.large") +
      xml_text("launchTime", format_iso8601(std::chrono::floor<std::chrono::seconds>(instance.launched_at))) +
      xml_nest("placement", xml_text("availabilityZone", "us-east-1a"));
  if (windows) xml += xml_text("platform", "windows");
  xml += xml_text("platformDetails", windows ? "Windows with SQL Server Enterprise" : "Linux/UNIX");
  if (!instance.private_ip.empty()) xml += xml_text("privateIpAddress", instance.private_ip);
  xml += xml_text("reason", instance.state_transition_reason);
  if (!instance.state_transition_reason.empty())
    xml += xml_nest("stateReason",
                    xml_text("code", "Client.UserInitiatedShutdown") +
                        xml_text("message", "Client.UserInitiatedShutdown: User initiated shutdown"));
  std::string tags;
  for (const auto& [key, value] : instance.tags)
    tags += xml_nest("item", xml_text("key", key) + xml_text("value", value));
  if (!tags.empty()) xml += xml_nest("tagSet", tags);  // absent where there are none, as on AWS
  return xml;
}

std::vector<InstanceFilter> filters_of(const Params& params) {
  std::vector<InstanceFilter> filters;
  while (true) {
    const std::string prefix = "Filter." + std::to_string(filters.size() + 1) + ".";
    const auto name = params.get(prefix + "Name");
    if (!name) return filters;
    filters.push_back({*name, params.list(prefix + "Value.")});
  }
}

Reply<std::string> describe_instances(const AwsCall& call) {
  const auto max_results = int_param(call, "MaxResults");
  if (!max_results) return tl::unexpected(max_results.error());
  const auto page =
      call.world.ec2().describe_instances(filters_of(call.params), call.params.list("InstanceId."),
                                          max_results->value_or(0), call.params.get_or("NextToken", ""));
  if (!page) return tl::unexpected(page.error());
  std::string reservations;
  for (const Ec2Instance& instance : page->instances)
    reservations += xml_nest("item", xml_text("reservationId", "r-" + instance.id.substr(2)) +
                                         xml_text("ownerId", call.world.iam().account()) +
                                         xml_nest("instancesSet", xml_nest("item", instance_xml(instance))));
  return xml_nest("reservationSet", reservations) +
         (page->next_token.empty() ? std::string{} : xml_text("nextToken", page->next_token));
}

}  // namespace

Reply<net::HttpResponse> serve_ec2(const AwsCall& call) {
  if (call.operation != "DescribeInstances")
    return tl::unexpected(unknown_operation(Protocol::ec2, call.operation));
  if (auto may = authorize(call, Protocol::ec2, "ec2", call.operation, "*"); !may)
    return tl::unexpected(may.error());
  const auto inner = describe_instances(call);
  if (!inner) return tl::unexpected(inner.error());
  return net::HttpResponse{200,
                           {{"Content-Type", "text/xml;charset=UTF-8"}},
                           "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">" +
                               xml_text("requestId", call.request_id) + *inner +
                               "</DescribeInstancesResponse>"};
}

}  // namespace keyturn::sim
