// The hosts of a fleet that Systems Manager reaches: which there are, and which of them can be asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/ssm.h"
#include "fleet/inventory.h"

namespace keyturn::fleet {

struct SsmHost {
  std::string id;       // "i-…", "mi-…"
  std::string name;     // unique in the fleet
  std::string silence;  // why it can't be asked, a sentence; empty: ask it
  std::optional<TimePoint> silent_since;
};

// By tags: the EC2 instances that have them (`machines`), and hybrid nodes. By ids: those nodes.
std::vector<SsmHost> hosts_of(const std::vector<Machine>& machines, const std::vector<aws::SsmNode>& nodes);
std::vector<SsmHost> hosts_of(const std::vector<std::string>& ids, const std::vector<aws::SsmNode>& nodes);

// Can Systems Manager tell these hosts by their tags? It takes five tags at most, and no wildcards in values.
bool can_target(const std::map<std::string, std::string>& tags);

// Asks EC2 (not where ids are given) and Systems Manager.
Result<std::vector<SsmHost>> list_hosts(const ListMachines& machines, const aws::Ssm& ssm,
                                        const std::map<std::string, std::string>& tags,
                                        const std::vector<std::string>& ids);

}  // namespace keyturn::fleet
