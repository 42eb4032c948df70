#include "fleet/ssm_clusters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "fleet/ssm_answer.h"

namespace keyturn::fleet {
namespace {

using rotation::Standing;
using rotation::TargetName;
using rotation::TargetState;

struct Cluster {
  std::string name;              // as a node has it
  std::set<TargetName> passive;  // nodes
  bool is_passive_everywhere = true;
};

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::map<std::string, Cluster> clusters_of(const std::vector<ClusterNode>& nodes) {
  std::map<std::string, Cluster> clusters;
  for (const ClusterNode& node : nodes) {
    Cluster& cluster = clusters[lowered(node.cluster)];
    cluster.name = node.cluster;
    cluster.is_passive_everywhere = cluster.is_passive_everywhere && node.is_passive;
    cluster.passive.insert(node.target);
  }
  return clusters;
}

std::string why_down(const Cluster& cluster) {
  return fmt::format(
      "The failover cluster instance {} is active on none of its nodes that answered: {}. It may hold an old "
      "key when it comes up again. Bring it online; if another node runs it, add that node to the fleet.",
      cluster.name, fmt::join(cluster.passive, ", "));
}

}  // namespace

std::vector<ClusterNode> cluster_nodes_of(const std::string& host, const report::HostReport& report) {
  std::vector<ClusterNode> nodes;
  for (const report::HostInstance& instance : report.instances)
    if (!instance.cluster.empty())
      nodes.push_back({target_name(host, instance.state.name), instance.cluster,
                       instance.is_passive && instance.state.standing == Standing::skipped});
  return nodes;
}

void add_clusters_that_are_down(std::vector<TargetState>& states, const std::vector<ClusterNode>& nodes) {
  for (const auto& [key, cluster] : clusters_of(nodes)) {
    if (!cluster.is_passive_everywhere) continue;
    const auto first = std::find_if(states.begin(), states.end(), [&](const TargetState& state) {
      return state.name == *cluster.passive.begin();
    });
    if (first == states.end()) continue;
    first->standing = Standing::unreachable;
    first->reason = why_down(cluster);
    first->since.reset();
  }
}

}  // namespace keyturn::fleet
