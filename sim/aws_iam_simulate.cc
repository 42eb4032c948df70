#include "sim/aws_iam_simulate.h"

#include <vector>

#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

// "NAME.member.1", "NAME.member.2" …
std::vector<std::string> members(const AwsCall& call, const std::string& name) {
  std::vector<std::string> all;
  for (int number = 1;; ++number) {
    const auto value = call.params.get(name + ".member." + std::to_string(number));
    if (!value) return all;
    all.push_back(*value);
  }
}

AccessContext context_of(const AwsCall& call) {
  AccessContext context;
  for (int number = 1;; ++number) {
    const std::string entry = "ContextEntries.member." + std::to_string(number);
    const auto key = call.params.get(entry + ".ContextKeyName");
    if (!key) return context;
    context[*key] = members(call, entry + ".ContextKeyValues");
  }
}

}  // namespace

Reply<std::string> simulate_principal_policy(const AwsCall& call) {
  const std::string source = call.params.get_or("PolicySourceArn", "");
  if (auto may = authorize(call, Protocol::query, "iam", call.operation, source); !may)
    return tl::unexpected(may.error());
  const auto policy = call.world.iam().policy_of(source.substr(source.rfind(':') + 1));
  if (!policy) return refuse("NoSuchEntity", 404, "The policy source " + source + " cannot be found.");
  const AccessContext context = context_of(call);
  std::vector<std::string> resources = members(call, "ResourceArns");
  if (resources.empty()) resources.emplace_back("*");
  std::string results;
  for (const std::string& action : members(call, "ActionNames"))
    for (const std::string& resource : resources)
      results += xml_nest(
          "member", xml_text("EvalActionName", action) + xml_text("EvalResourceName", resource) +
                        xml_text("EvalDecision",
                                 allows(*policy, action, resource, context) ? "allowed" : "implicitDeny"));
  return xml_nest("EvaluationResults", results) + xml_text("IsTruncated", "false");
}

}  // namespace keyturn::sim
