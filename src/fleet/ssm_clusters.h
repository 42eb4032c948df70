// Failover cluster instances, as their nodes' reports tell of them: one that runs on no node at all must not
// be passed over by each of them.
#pragma once

#include <string>
#include <vector>

#include "report/host_report.h"
#include "rotation/observation.h"

namespace keyturn::fleet {

// An instance of a failover cluster on one of its nodes.
struct ClusterNode {
  rotation::TargetName target;
  std::string cluster;  // ASCII letters count without case
  bool is_passive = false;
};

// Those of a host's report.
std::vector<ClusterNode> cluster_nodes_of(const std::string& host, const report::HostReport& report);

// Of an instance that every one of `nodes` is passive for, the first target by name becomes unreachable, with
// that reason: the key that the instance holds is needed when it comes up again. The others stay as they are.
// There is no date since when: nobody knows when the instance went down.
void add_clusters_that_are_down(std::vector<rotation::TargetState>& states,
                                const std::vector<ClusterNode>& nodes);

}  // namespace keyturn::fleet
