// The known targets: those that the configuration lists, and those that EC2 tags name.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "rotation/observation.h"
#include "sqlserver/sql_session.h"

namespace keyturn::fleet {

struct InventoryTarget {
  rotation::TargetName name;
  sqlserver::SqlAddress address;
  // Known, but not worth a connection attempt: why (a sentence; empty: try it), and since when.
  std::string unreachable_reason;
  std::optional<TimePoint> unreachable_since;
};

// An EC2 instance, as far as an inventory needs it. Whoever talks to EC2 fills it in.
enum class MachineState { pending, running, stopping, stopped, shutting_down, terminated };
struct Machine {
  std::string id;  // "i-0123…"
  MachineState state = MachineState::running;
  std::optional<TimePoint> state_since;  // of the last transition, where EC2 says
  std::string private_address;
  std::map<std::string, std::string> tags;
};
using ListMachines = std::function<Result<std::vector<Machine>>()>;

// A machine has its default instance on 1433, unless this tag lists ports and instance names: "1433,
// PAYROLL".
inline constexpr const char* kTargetsTag = "keyturn:targets";
// The name to connect to instead of the private address: certificates are made out to names.
inline constexpr const char* kHostTag = "keyturn:host";

// The names of the machines, one each, in their order: unique where Name tags are.
std::vector<std::string> names_of(const std::vector<Machine>& machines);

// Why a machine can't be asked now, in a sentence; empty where it runs.
std::string not_running(const Machine& machine);

// A machine's name is its Name tag, or its id; of several with the same Name each has its id behind it. What
// can't be reached since the machine is stopped is listed with the reason; what is terminated is not listed.
std::vector<InventoryTarget> targets_of(const std::vector<Machine>& machines);

// `listed`, then the machines' (an empty function: none). What stands in both, by address, is listed once.
// ErrorKind::usage where a name stands for two addresses, not_found where there is no target at all.
Result<std::vector<InventoryTarget>> list_targets(const std::vector<InventoryTarget>& listed,
                                                  const ListMachines& machines);

}  // namespace keyturn::fleet
