// The state of a service, as `systemctl show` tells it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::host {

enum class ServiceState {
  running,
  starting,  // or reloading
  stopped,   // or stopping
  failed,
  not_installed,  // no such unit
  unknown,        // nobody here who could say: a container without systemd
};

struct Service {
  ServiceState state = ServiceState::unknown;
  bool is_enabled = false;          // starts with the machine
  std::optional<TimePoint> since;   // of the state, by the host's clock
  std::optional<std::string> port;  // MSSQL_TCP_PORT in the unit's environment, which goes before mssql.conf
};

// ErrorKind::usage where the text is not what systemctl show prints.
Result<Service> parse_service(std::string_view text);

// How the state of a unit is asked for.
using AskService = std::function<Result<Service>(const std::string& unit)>;

// Runs `systemctl` as found in PATH, for ten seconds at most. No systemctl: ServiceState::unknown.
Result<Service> ask_systemctl(const std::string& unit);

}  // namespace keyturn::host
