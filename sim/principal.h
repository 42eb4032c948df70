// Who calls the simulated AWS, and what they may do.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace keyturn::sim {

// All values that a call has must match one of `values`: of most keys there is one.
struct AccessCondition {
  std::string op;   // see kConditionOperators in access_policy.cc
  std::string key;  // "aws:RequestedRegion"
  std::vector<std::string> values;
};

// One statement of a policy, for one action and one resource. Patterns: '*' matches any run of characters,
// '?' any one. Actions as IAM spells them ("s3:PutObject"), resources as ARNs.
struct Statement {
  bool allow = true;
  std::string action = "*";
  std::string resource = "*";
  std::vector<AccessCondition> conditions{};
};
using AccessPolicy = std::vector<Statement>;
// What is known of a call beside action and resource, by condition key.
using AccessContext = std::map<std::string, std::vector<std::string>>;

bool matches_wildcard(std::string_view pattern, std::string_view text);  // '*' any run, '?' any one character

// A denying statement wins; without an allowing one the answer is no.
bool allows(const AccessPolicy& policy, std::string_view action, std::string_view resource,
            const AccessContext& context = {});

enum class KeyState {
  unknown,      // no such key, or deleted
  propagating,  // made a moment ago: AWS does not know it everywhere yet
  inactive,
  expired,  // session credentials past their time
  usable,
};

// What an access key id stands for: enough to verify a request signed with it and to decide whether it is
// allowed.
struct Caller {
  KeyState state = KeyState::unknown;
  std::string access_key_id;
  std::string secret;
  std::string session_token;  // empty for long-lived keys
  std::string user_name;      // empty unless an IAM user
  std::string arn;
  std::string principal_id;  // GetCallerIdentity's UserId
  AccessPolicy policy;
};

}  // namespace keyturn::sim
