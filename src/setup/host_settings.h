// What the configuration says for the commands that run on the hosts themselves: [host] (docs/host.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace keyturn::setup {

struct HostInstanceSettings {
  std::string instance;  // as found on the host; empty: this one is added
  std::string name;      // to report it under; empty: `instance`
  bool leave_out = false;
  std::string address;     // empty: as found, or loopback
  std::uint16_t port = 0;  // 0: as found
};

struct HostSettings {
  std::string service = "mssql-server";                // the systemd unit on Linux
  Duration start_patience = std::chrono::seconds{60};  // a server that is starting is waited for as long
  Duration time_limit = std::chrono::minutes{8};       // nothing new is begun later
  bool check_listener = true;  // a local listener must be SQL Server's own before it is given a login
  std::vector<HostInstanceSettings> instances;
};

}  // namespace keyturn::setup
