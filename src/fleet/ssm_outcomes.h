// From the hosts' answers to the outcomes of a write.
#pragma once

#include <string>
#include <vector>

#include "fleet/ssm_answer.h"
#include "rotation/ports.h"

namespace keyturn::fleet {

// Of one host: one outcome for each of `ordered`, then those of its other instances, which were written as
// well.
std::vector<rotation::Fleet::Outcome> outcomes_of(const std::string& host,
                                                  const std::vector<rotation::TargetName>& ordered,
                                                  const HostAnswer& answer);

}  // namespace keyturn::fleet
