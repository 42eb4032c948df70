// The host that keyturn runs on, as far as SQL Server is concerned: linux/ and windows/ implement it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/time.h"
#include "sqlserver/sql_session.h"

namespace keyturn::host {

// One instance of SQL Server that is installed on this host, or that the configuration adds.
struct Instance {
  std::string name;                   // "MSSQLSERVER", "PAYROLL", or as the configuration renames it
  sqlserver::SqlAddress address;      // as seen from this host
  bool is_local = true;               // at an address of this host, not one that the configuration names
  std::filesystem::path certificate;  // Linux: what the server shows (PEM); empty: not known
  std::string product_version;        // without a login; empty: not known
  std::string edition;
  std::string skipped;             // not a target here, and why: a passive node of a cluster
  std::string unreachable;         // known, but not worth a connection attempt, and why: stopped
  std::string unknown_address;     // why it is not known where it listens; the configuration may say it
  std::string note;                // on its address, a sentence: which of several ports is used; may be empty
  std::optional<TimePoint> since;  // by the host's clock: since when it is unreachable, where that is known
  // The failover cluster instance that this is, by the same name on each of its nodes, whatever the
  // configuration calls it: "SQLCLU01", "SQLCLU01\PAYROLL". Empty: none, or not known.
  std::string cluster;
  bool is_passive = false;  // skipped, since this node does not run it now
};

// Not thread-safe, but for check_listener().
class Machine {
 public:
  virtual ~Machine() = default;
  // Every instance that is installed; one that starts just now is waited for, within bounds. Damaged
  // configuration makes its instance unreachable or its address unknown, with that reason.
  virtual std::vector<Instance> instances() = 0;
  // Whether what listens at this local address may be given a login. ErrorKind::unavailable where nobody
  // does, denied where somebody else does, or where nobody can say. Always, where the settings say so.
  virtual Result<void> check_listener(const sqlserver::SqlAddress& address) = 0;
};

struct MachineSettings {
  std::filesystem::path root = "/";                    // Linux: files are looked for below it
  std::string service = "mssql-server";                // Linux: the unit
  Duration start_patience = std::chrono::seconds{60};  // a server that is starting is waited for as long
  bool check_listener = true;                          // off: whoever listens is given the login
};

// The machine that this process runs on. `clock` (the host's own) and `stop`, which may be null, must outlive
// it; `stop` ends a wait.
std::unique_ptr<Machine> this_machine(MachineSettings settings, Clock& clock, const StopFlag* stop);

}  // namespace keyturn::host
