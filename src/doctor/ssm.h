// Systems Manager's side of a fleet: the agents of its hosts.
#pragma once

#include <string_view>

#include "doctor/finding.h"
#include "doctor/scene.h"

namespace keyturn::doctor {

// ssm.agent, ssm.agent_version. For fleets over Systems Manager alone.
Findings examine_agents(const Scene& scene, Knowledge& known);

// keyturn's document is written for, and tested with, agents of this major version and later.
inline constexpr int kLeastAgentVersion = 3;
// "3.3.1611.0". What can't be read counts as recent.
bool is_old_agent(std::string_view version);

}  // namespace keyturn::doctor
