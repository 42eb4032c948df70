// The EC2 instances that a fleet's tags name.
#pragma once

#include "doctor/finding.h"
#include "doctor/scene.h"
#include "fleet/inventory.h"

namespace keyturn::doctor {

// ec2.tags, ec2.instance. Nothing for a fleet that is not found by tags.
Findings examine_inventory(const Scene& scene, Knowledge& known);

// At least one machine.
Findings judge_machines(const std::vector<fleet::Machine>& machines, const std::string& region,
                        Knowledge& known);

}  // namespace keyturn::doctor
