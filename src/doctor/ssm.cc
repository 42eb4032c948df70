#include "doctor/ssm.h"

#include <fmt/format.h>

#include <charconv>

#include "fleet/ec2_machines.h"
#include "fleet/ssm_hosts.h"

namespace keyturn::doctor {
namespace {

// Those of the hosts that Systems Manager knows.
Result<std::vector<aws::SsmNode>> nodes_of(const aws::Ssm& ssm, const std::vector<fleet::SsmHost>& hosts) {
  std::vector<std::string> ids;
  for (const fleet::SsmHost& host : hosts) ids.push_back(host.id);
  return ssm.nodes(ids);
}

Finding silent(const fleet::SsmHost& host, const std::string& region) {
  return failed(
      "ssm.agent", host.name, host.silence,
      fmt::format(
          "On the host: `sudo systemctl restart amazon-ssm-agent` (Windows: `Restart-Service "
          "AmazonSSMAgent`). "
          "Then `aws ssm describe-instance-information --region {} --filters Key=InstanceIds,Values={}`.",
          region, host.id));
}

Finding old_agent(const aws::SsmNode& node, const std::string& name, const std::string& region) {
  return warning(
      "ssm.agent_version", name,
      fmt::format("Its SSM agent is of version {}; keyturn's document is for {}.0 and later.",
                  node.agent_version, kLeastAgentVersion),
      fmt::format("`aws ssm send-command --region {} --document-name AWS-UpdateSSMAgent --instance-ids {}`",
                  region, node.id));
}

}  // namespace

bool is_old_agent(std::string_view version) {
  int major = kLeastAgentVersion;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major < kLeastAgentVersion;
}

Findings examine_agents(const Scene& scene, Knowledge& known) {
  const setup::FleetSettings& fleet = scene.rotation.fleet;
  if (fleet.via != setup::FleetWay::ssm) return {};
  const auto ec2 = scene.aws.ec2();
  const auto ssm = scene.aws.ssm();
  if (!ec2 || !ssm) return {failed("ssm.agent", "Systems Manager", ec2 ? ssm.error() : ec2.error())};
  const auto hosts =
      fleet::list_hosts(fleet::ec2_machines(*ec2, fleet.ec2_tags), *ssm, fleet.ec2_tags, fleet.instance_ids);
  if (!hosts) return {failed("ssm.agent", "Systems Manager", hosts.error())};
  const auto nodes = nodes_of(*ssm, *hosts);
  if (!nodes) return {failed("ssm.agent", "Systems Manager", nodes.error())};

  Findings findings;
  std::size_t online = 0;
  for (const fleet::SsmHost& host : *hosts) {
    if (host.silence.empty()) ++online;
    if (host.silence.empty() || !known.told.insert(host.silence).second) continue;
    findings.push_back(silent(host, scene.region()));
  }
  for (const fleet::SsmHost& host : *hosts)
    for (const aws::SsmNode& node : *nodes)
      if (node.id == host.id && is_old_agent(node.agent_version))
        findings.push_back(old_agent(node, host.name, scene.region()));
  if (findings.empty())
    findings.push_back(ok("ssm.agent", "Systems Manager",
                          fmt::format("{} of {} hosts have an agent that is online and recent enough.",
                                      online, hosts->size())));
  return findings;
}

}  // namespace keyturn::doctor
