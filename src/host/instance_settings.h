// What the configuration says of a host's instances: renamed, left out, added. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/machine.h"

namespace keyturn::host {

struct InstanceSettings {
  std::string instance;  // as found on the host; empty: this one is added
  std::string name;      // to report it under; empty: `instance`
  bool leave_out = false;
  std::string address;     // to connect to; empty: as found, or loopback
  std::uint16_t port = 0;  // 0: as found
};

// Those that no setting names first, then the others in the order of the settings. One that the settings name
// and the host does not have is unreachable, with that reason. ErrorKind::usage where two would have one
// name.
Result<std::vector<Instance>> with_settings(std::vector<Instance> found,
                                            const std::vector<InstanceSettings>& settings);

// An address that no other machine can have.
bool is_loopback(const std::string& address);

}  // namespace keyturn::host
