#include "fleet/ssm_hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace keyturn::fleet {
namespace {

using NodesById = std::unordered_map<std::string, const aws::SsmNode*>;

NodesById by_id(const std::vector<aws::SsmNode>& nodes) {
  NodesById map;
  for (const aws::SsmNode& node : nodes) map.emplace(node.id, &node);
  return map;
}

// What its node says of a host that should run; null: there is no node.
void judge(SsmHost& host, const aws::SsmNode* node) {
  if (node == nullptr) {
    host.silence = fmt::format(
        "Systems Manager does not know {}: its agent never registered. Start the SSM agent there, and give "
        "the "
        "host a role with AmazonSSMManagedInstanceCore.",
        host.id);
    return;
  }
  if (node->ping_status == "Online") return;
  // The agent is away; SQL Server may be there and back up. So this is no "since" that a host is written off
  // by, unlike the date of an instance that was stopped.
  host.silence = fmt::format(
      "Systems Manager lost the connection to the agent on {} ({}{}).", host.id,
      node->ping_status.empty() ? "no ping status" : node->ping_status,
      node->last_ping_at ? "; last heard of at " + format_iso8601(*node->last_ping_at) : std::string());
}

// Computers of one name are told apart by their ids.
void name_by_computer(std::vector<SsmHost>& hosts, const NodesById& nodes) {
  std::multiset<std::string> names;
  const auto computer = [&](const SsmHost& host) {
    const auto node = nodes.find(host.id);
    return node == nodes.end() ? std::string() : node->second->computer_name;
  };
  for (const SsmHost& host : hosts) names.insert(host.name.empty() ? computer(host) : host.name);
  for (SsmHost& host : hosts) {
    if (!host.name.empty()) continue;
    host.name = computer(host);
    if (host.name.empty())
      host.name = host.id;
    else if (names.count(host.name) > 1)
      host.name += " (" + host.id + ")";
  }
}

}  // namespace

std::vector<SsmHost> hosts_of(const std::vector<Machine>& machines, const std::vector<aws::SsmNode>& nodes) {
  const NodesById known = by_id(nodes);
  const std::vector<std::string> names = names_of(machines);
  std::vector<SsmHost> hosts;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const Machine& machine = machines[i];
    if (machine.state == MachineState::shutting_down || machine.state == MachineState::terminated) continue;
    SsmHost host{machine.id, names[i], not_running(machine), machine.state_since};
    if (host.silence.empty()) {
      const auto node = known.find(machine.id);
      host.silent_since.reset();
      judge(host, node == known.end() ? nullptr : node->second);
    }
    hosts.push_back(std::move(host));
  }
  for (const aws::SsmNode& node : nodes) {
    if (!node.id.starts_with("mi-")) continue;
    SsmHost host{node.id, "", "", std::nullopt};
    judge(host, &node);
    hosts.push_back(std::move(host));
  }
  name_by_computer(hosts, known);
  return hosts;
}

std::vector<SsmHost> hosts_of(const std::vector<std::string>& ids, const std::vector<aws::SsmNode>& nodes) {
  const NodesById known = by_id(nodes);
  std::vector<SsmHost> hosts;
  for (const std::string& id : ids) {
    const auto node = known.find(id);
    SsmHost host{id, "", "", std::nullopt};
    judge(host, node == known.end() ? nullptr : node->second);
    hosts.push_back(std::move(host));
  }
  name_by_computer(hosts, known);
  return hosts;
}

bool can_target(const std::map<std::string, std::string>& tags) {
  return !tags.empty() && tags.size() <= aws::kMaxTagsOfCommand &&
         std::all_of(tags.begin(), tags.end(),
                     [](const auto& tag) { return tag.second.find_first_of("*?") == std::string::npos; });
}

Result<std::vector<SsmHost>> list_hosts(const ListMachines& machines, const aws::Ssm& ssm,
                                        const std::map<std::string, std::string>& tags,
                                        const std::vector<std::string>& ids) {
  if (!ids.empty()) {
    const auto nodes = ssm.nodes(ids);
    if (!nodes) return fail(nodes.error());
    return hosts_of(ids, *nodes);
  }
  const auto found = machines();
  if (!found) return fail(found.error());
  const bool by_tags = can_target(tags);
  auto nodes = ssm.nodes_with(by_tags ? tags : std::map<std::string, std::string>{});
  if (!nodes) return fail(nodes.error());
  // Which hybrid nodes have the tags is not known then.
  if (!by_tags) std::erase_if(*nodes, [](const aws::SsmNode& node) { return node.id.starts_with("mi-"); });
  return hosts_of(*found, *nodes);
}

}  // namespace keyturn::fleet
