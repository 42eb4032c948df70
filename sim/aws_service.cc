#include "sim/aws_service.h"

#include <charconv>

#include "sim/xml_text.h"

namespace keyturn::sim {

Reply<void> authorize(const AwsCall& call, Protocol protocol, const std::string& service,
                      const std::string& action, const std::string& resource, AccessContext context) {
  const std::string full = service + ":" + action;
  context["aws:RequestedRegion"] = {call.region};
  const bool allowed = allows(call.caller.policy, full, resource, context);
  call.world.rights().add({identity_of(call.caller.arn), full, resource, allowed});
  if (allowed) return {};
  return tl::unexpected(access_denied(protocol, call.caller.arn, full, resource));
}

std::string arn_of(const AwsCall& call, const std::string& service, const std::string& rest) {
  return "arn:aws:" + service + ":" + call.region + ":" + call.world.iam().account() + ":" + rest;
}

net::HttpResponse query_reply(const AwsCall& call, const std::string& xml_namespace,
                              const std::optional<std::string>& result) {
  std::string inner;
  if (result) inner = xml_nest(call.operation + "Result", *result);
  inner += xml_nest("ResponseMetadata", xml_text("RequestId", call.request_id));
  const std::string root = call.operation + "Response";
  return {200,
          {{"Content-Type", "text/xml"}},
          "<" + root + " xmlns=\"" + xml_namespace + "\">" + inner + "</" + root + ">"};
}

Reply<std::optional<int>> int_param(const AwsCall& call, const std::string& name) {
  const auto text = call.params.get(name);
  if (!text) return std::optional<int>{};
  int number = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), number);
  if (text->empty() || parsed.ec != std::errc{} || parsed.ptr != text->data() + text->size())
    return refuse("ValidationError", 400, "The value of " + name + " must be a whole number.");
  return std::optional(number);
}

}  // namespace keyturn::sim
