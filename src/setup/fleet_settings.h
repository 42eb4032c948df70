// Which servers a rotation is for, and the way to them: [rotation.fleet] and [[rotation.target]].
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"

namespace keyturn::setup {

struct TargetSettings {
  std::string name;  // unique in its rotation; by default the host, with \INSTANCE or :port
  std::string host;
  std::uint16_t port = 0;  // 0: 1433, or what SQL Browser says where an instance is named
  std::string instance;
};

enum class FleetWay {
  direct,  // keyturn connects to each SQL Server itself
  ssm,     // Systems Manager runs keyturn on each host
};

struct FleetSettings {
  FleetWay via = FleetWay::direct;
  std::map<std::string, std::string> ec2_tags;  // all must match; empty: no EC2 inventory
  std::vector<std::string> instance_ids;        // ssm, instead of tags: "i-…", "mi-…"
  std::vector<TargetSettings> targets;          // direct
  // Of ssm:
  std::string document = "SQL-Credentials-UpdateCreds";
  std::string max_concurrency = "100%";  // a number of hosts, or a share of a command's
  std::string max_errors = "100%";
  Duration delivery_timeout = std::chrono::minutes{2};
  Duration execution_timeout = std::chrono::minutes{10};
};

}  // namespace keyturn::setup
