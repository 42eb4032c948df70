// IAM's SimulatePrincipalPolicy.
#pragma once

#include <string>

#include "sim/aws_service.h"

namespace keyturn::sim {

// What stands in <SimulatePrincipalPolicyResult>: one result for each action on each resource. Of policies
// that the principal has, by the context entries that the request names.
Reply<std::string> simulate_principal_policy(const AwsCall& call);

}  // namespace keyturn::sim
