// SQL Browser (UDP 1434): the port of an instance that is known by its name only. Blocking; thread-safe.
// Wire form: [MC-SQLR], as checked against FreeTDS, tedious and mssql-rs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::sqlserver {

struct BrowsedInstance {
  std::string server;  // the machine's, or a cluster's network name
  std::string instance;
  std::string version;
  bool is_clustered = false;
  std::uint16_t port = 0;  // 0: TCP/IP is not enabled for it
};

bool is_default_instance(std::string_view instance);  // empty or MSSQLSERVER

// ErrorKind::invalid_reply where `datagram` is no SQL Browser answer.
Result<std::vector<BrowsedInstance>> parse_browser_reply(std::string_view datagram);

// Asks for one instance, again each second until `timeout`: SQL Browser does not answer for an instance that
// it doesn't know.
Result<std::uint16_t> browse_instance_port(const std::string& host, std::uint16_t browser_port,
                                           const std::string& instance, Duration timeout);

// Asks for all instances of the host.
Result<std::vector<BrowsedInstance>> browse_all(const std::string& host, std::uint16_t browser_port,
                                                Duration timeout);

}  // namespace keyturn::sqlserver
