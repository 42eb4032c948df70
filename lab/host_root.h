// The root folder of a simulated Linux host: what keyturn and the Command document's step find there in place
// of /, with KEYTURN_HOST_ROOT.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::lab {

struct HostInstance {
  std::string name;  // of the SQL Server instance; empty: the default instance
  std::uint16_t port = 0;
  std::string product_version;
  std::string edition;
  bool running = true;
  TimePoint changed_at;   // when it last started or stopped
  std::string cluster{};  // Windows: the network name of its failover cluster; empty: of none
};

struct HostRootSettings {
  std::filesystem::path folder;
  std::filesystem::path keyturn;  // the real program; empty: not installed there
  std::filesystem::path ca_file;  // what SQL Servers' certificates are checked with
};

// Makes the folders, the programs (bin/keyturn, bin/systemctl) and the CA's place. Once for each host.
Result<void> make_host_root(const HostRootSettings& settings);

// mssql.conf, error log and service of the first instance, as Linux has one; the others by keyturn's own host
// configuration. Written anew at each change; a reader sees the old or the new file, never half a one.
Result<void> write_host_instances(const HostRootSettings& settings,
                                  const std::vector<HostInstance>& instances);

}  // namespace keyturn::lab
