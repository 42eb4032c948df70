#include "sim/access_policy.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace keyturn::sim {
namespace {

using nlohmann::json;

constexpr std::string_view kForAll = "ForAllValues:";
constexpr std::string_view kIfExists = "IfExists";
constexpr std::array<std::string_view, 4> kConditionOperators{"StringEquals", "StringLike", "ArnEquals",
                                                              "ArnLike"};

tl::unexpected<ServiceError> malformed(const std::string& why) {
  return refuse("MalformedPolicyDocument", 400, why);
}

// "ForAllValues:StringLikeIfExists" in its parts.
struct Operator {
  explicit Operator(std::string_view text) : bare(text) {
    for_all = bare.starts_with(kForAll);
    if (for_all) bare.remove_prefix(kForAll.size());
    if_exists = bare.ends_with(kIfExists);
    if (if_exists) bare.remove_suffix(kIfExists.size());
  }
  [[nodiscard]] bool known() const {
    return std::find(kConditionOperators.begin(), kConditionOperators.end(), bare) !=
           kConditionOperators.end();
  }
  std::string_view bare;
  bool for_all = false;
  bool if_exists = false;
};

bool holds(const AccessCondition& condition, const AccessContext& context) {
  const Operator op(condition.op);
  const auto found = context.find(condition.key);
  if (found == context.end()) return op.for_all || op.if_exists;
  const auto fits = [&](const std::string& value) {
    return std::any_of(condition.values.begin(), condition.values.end(), [&](const std::string& wanted) {
      return op.bare == "StringEquals" ? wanted == value : matches_wildcard(wanted, value);
    });
  };
  return std::all_of(found->second.begin(), found->second.end(), fits);
}

std::vector<std::string> texts(const json& value) {
  return value.is_array() ? value.get<std::vector<std::string>>()
                          : std::vector<std::string>{value.get<std::string>()};
}

Reply<std::vector<AccessCondition>> conditions_of(const json& statement) {
  std::vector<AccessCondition> conditions;
  const json given = statement.value("Condition", json::object());
  for (const auto& [op, keys] : given.items()) {
    if (!Operator(op).known()) return malformed("The condition operator " + op + " is not simulated here.");
    for (const auto& [key, values] : keys.items()) conditions.push_back({op, key, texts(values)});
  }
  return conditions;
}

}  // namespace

bool allows(const AccessPolicy& policy, std::string_view action, std::string_view resource,
            const AccessContext& context) {
  bool allowed = false;
  for (const Statement& statement : policy) {
    if (!matches_wildcard(statement.action, action) || !matches_wildcard(statement.resource, resource))
      continue;
    if (!std::all_of(statement.conditions.begin(), statement.conditions.end(),
                     [&](const AccessCondition& condition) { return holds(condition, context); }))
      continue;
    if (!statement.allow) return false;
    allowed = true;
  }
  return allowed;
}

Reply<AccessPolicy> parse_access_policy(const std::string& text) {
  try {
    AccessPolicy policy;
    const json document = json::parse(text);
    const json& given = document.at("Statement");
    for (const json& statement : given.is_array() ? given : json::array({given})) {
      for (const auto& [name, value] : statement.items())
        if (name != "Sid" && name != "Effect" && name != "Action" && name != "Resource" &&
            name != "Condition")
          return malformed("The member " + name + " of a statement is not simulated here.");
      const auto conditions = conditions_of(statement);
      if (!conditions) return tl::unexpected(conditions.error());
      for (const std::string& action : texts(statement.at("Action")))
        for (const std::string& resource : texts(statement.at("Resource")))
          policy.push_back({statement.at("Effect") == "Allow", action, resource, *conditions});
    }
    return policy;
  } catch (const json::exception& error) {
    return malformed(error.what());
  }
}

}  // namespace keyturn::sim
