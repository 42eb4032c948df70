// What the registry says of one instance: version, cluster, and where it listens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/windows/registry.h"

namespace keyturn::host {

struct Endpoint {
  std::string address;  // that it is bound to; empty: all of this host's
  std::uint16_t port = 0;
  bool is_active = true;  // the address is one of this host's, by the registry

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

struct ServerSettings {
  std::string product_version;  // "16.0.4135.4"; empty: not known
  std::string edition;
  bool is_cluster = false;          // an instance of a failover cluster
  std::string cluster_name;         // its network name
  bool has_tcp = true;              // TCP is enabled
  std::vector<Endpoint> endpoints;  // in the order in which they are to be tried, each once
  std::string odd_ports;            // what stands where a port should be, and is none
  bool has_shared_memory = true;
  std::string pipe;  // "\\.\pipe\sql\query"; empty: named pipes are disabled
};

// `key` as find_installed() gives it. What is missing or damaged is as Setup leaves it: everything but named
// pipes enabled, no ports. An error where the key can't be read.
Result<ServerSettings> read_server_settings(const Registry& registry, const std::string& key,
                                            const std::string& instance);

}  // namespace keyturn::host
