#include "fleet/ec2_machines.h"

#include <utility>

namespace keyturn::fleet {
namespace {

// What a newer EC2 may call a state that is not known here is worth a connection attempt.
MachineState state_of(const std::string& name) {
  if (name == "pending") return MachineState::pending;
  if (name == "stopping") return MachineState::stopping;
  if (name == "stopped") return MachineState::stopped;
  if (name == "shutting-down") return MachineState::shutting_down;
  if (name == "terminated") return MachineState::terminated;
  return MachineState::running;
}

}  // namespace

Machine machine_of(const aws::Ec2Instance& instance) {
  return {instance.id, state_of(instance.state), instance.state_changed_at, instance.private_ip,
          instance.tags};
}

ListMachines ec2_machines(const aws::Ec2& ec2, std::map<std::string, std::string> tags) {
  return [&ec2, tags = std::move(tags)]() -> Result<std::vector<Machine>> {
    const auto instances = ec2.describe_instances(tags);
    if (!instances) return fail(instances.error());
    std::vector<Machine> machines;
    machines.reserve(instances->size());
    for (const aws::Ec2Instance& instance : *instances) machines.push_back(machine_of(instance));
    return machines;
  };
}

}  // namespace keyturn::fleet
