// One SQL Server of the lab: the simulated instance and its TDS listener on loopback.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "lab/certificates.h"
#include "lab/tds_server.h"
#include "sim/call_log.h"
#include "sim/faults.h"
#include "sim/sql_server.h"

namespace keyturn::lab {

struct TargetSettings {
  sim::SqlServerSettings server;  // server.target is the target's name
  sim::BackupSettings backup;
  std::vector<sim::ServerLogin> logins;
  std::vector<std::string> databases;  // besides the system's
  std::uint16_t port = 0;              // 0: a free one, kept over stop and start
  EncryptionPolicy encryption = EncryptionPolicy::off;
};

// Thread-safe. What it is given must outlive it.
class Target {
 public:
  Target(TargetSettings settings, Clock& clock, net::HttpTransport* transport, sim::FaultBoard& faults,
         sim::CallLog& calls, ServerCertificate certificate);
  ~Target();

  Result<void> start();  // listens
  void stop();           // connections are cut, requests under way end; data stays
  [[nodiscard]] bool running() const;

  [[nodiscard]] std::uint16_t port() const;  // 0 before the first start
  // Logins, credentials (committed: server().credentials().rows()), running requests, backup history.
  [[nodiscard]] sim::SqlServer& server() { return server_; }

 private:
  const TargetSettings settings_;
  sim::SqlServer server_;
  TdsServer listener_;
  mutable std::mutex mutex_;
  std::uint16_t port_;
};

}  // namespace keyturn::lab
