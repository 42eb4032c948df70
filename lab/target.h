// One SQL Server of the lab: the simulated instance, its TDS listener on loopback, and its backup load.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "lab/certificates.h"
#include "lab/tds_server.h"
#include "sim/backup_load.h"
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
  sim::BackupLoadSettings load;  // load.statement empty: no backup load
};

// Thread-safe. What it is given must outlive it.
class Target {
 public:
  Target(TargetSettings settings, Clock& clock, net::HttpTransport* transport, sim::FaultBoard& faults,
         sim::CallLog& calls, ServerCertificate certificate);
  ~Target();

  Result<void> start();  // listens; the backup load goes on where it was switched on
  void stop();           // connections are cut, requests and backups under way end; data stays
  [[nodiscard]] bool running() const;

  void start_backups();
  void stop_backups();  // after the one under way
  [[nodiscard]] bool backups_running() const;
  [[nodiscard]] sim::BackupCounters backups() const;

  [[nodiscard]] const std::string& name() const { return settings_.server.target; }
  [[nodiscard]] std::uint16_t port() const;  // 0 before the first start
  [[nodiscard]] const TargetSettings& settings() const { return settings_; }
  // Logins, credentials (committed: server().credentials().rows()), running requests, backup history.
  [[nodiscard]] sim::SqlServer& server() { return server_; }

 private:
  const TargetSettings settings_;
  sim::SqlServer server_;
  TdsServer listener_;
  std::unique_ptr<sim::BackupLoad> load_;
  mutable std::mutex mutex_;
  std::uint16_t port_;
  bool backups_wanted_ = false;
};

}  // namespace keyturn::lab
