#include "doctor/inventory.h"

#include <fmt/format.h>

#include "fleet/ec2_machines.h"
#include "setup/wiring.h"

namespace keyturn::doctor {

Findings judge_machines(const std::vector<fleet::Machine>& machines, const std::string& region,
                        Knowledge& known) {
  const std::vector<std::string> names = fleet::names_of(machines);
  Findings stopped;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const std::string why = fleet::not_running(machines[i]);
    if (why.empty()) continue;
    known.told.insert(why);
    stopped.push_back(
        warning("ec2.instance", names[i], why + " It gets the new key when it is back.",
                fmt::format("`aws ec2 start-instances --region {} --instance-ids {}`, or take the "
                            "fleet's tag off it.",
                            region, machines[i].id)));
  }
  Findings findings{
      ok("ec2.tags", region,
         fmt::format("{} instance{} the fleet's tags, {} of them running.", machines.size(),
                     machines.size() == 1 ? " has" : "s have", machines.size() - stopped.size()))};
  findings.insert(findings.end(), stopped.begin(), stopped.end());
  return findings;
}

Findings examine_inventory(const Scene& scene, Knowledge& known) {
  const setup::FleetSettings& fleet = scene.rotation.fleet;
  if (fleet.ec2_tags.empty()) return {};
  const auto ec2 = scene.aws.ec2();
  const auto machines = ec2 ? fleet::ec2_machines(*ec2, fleet.ec2_tags)()
                            : Result<std::vector<fleet::Machine>>(fail(ec2.error()));
  if (!machines) return {failed("ec2.tags", scene.region(), machines.error())};
  if (machines->empty())
    return {failed("ec2.tags", scene.region(), setup::no_instance(fleet, scene.region()))};
  return judge_machines(*machines, scene.region(), known);
}

}  // namespace keyturn::doctor
