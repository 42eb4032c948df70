// IAM's policy documents: from JSON, as far as keyturn's policies go. What they allow: principal.h.
#pragma once

#include <string>

#include "sim/principal.h"
#include "sim/service_error.h"

namespace keyturn::sim {

// MalformedPolicyDocument, with a sentence, also for what is valid and not simulated: NotAction, NotResource,
// other condition operators.
Reply<AccessPolicy> parse_access_policy(const std::string& json);

}  // namespace keyturn::sim
