// sqlserver::SqlConnector straight into simulated servers: no sockets, no TDS.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "sim/call_log.h"
#include "sim/faults.h"
#include "sim/sql_server.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sim {

// Thread-safe. Servers, board and log must outlive it and its sessions. Faults: a lost reply and a cut apply
// the request and break the session; a hang applies nothing, lets the caller's timeout pass on the server's
// clock, and breaks it.
class SimSqlConnector final : public sqlserver::SqlConnector {
 public:
  explicit SimSqlConnector(FaultBoard& faults, CallLog* calls = nullptr) : faults_(faults), calls_(calls) {}

  // Reached as host:port and, where the server has an instance name, as host\instance.
  void add(const std::string& host, std::uint16_t port, SqlServer& server);
  // An unreachable server refuses connections, and breaks the sessions it has at their next batch.
  void set_reachable(SqlServer& server, bool reachable);

  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const sqlserver::SqlAddress& address,
                                                         const sqlserver::SqlLogin& login,
                                                         Duration timeout) override;

 private:
  friend class SimSqlSession;
  SqlServer* find(const sqlserver::SqlAddress& address) const;
  bool reachable(SqlServer& server) const;

  FaultBoard& faults_;
  CallLog* calls_;
  mutable std::mutex mutex_;
  std::map<std::string, SqlServer*> servers_;
  std::set<SqlServer*> unreachable_;
};

}  // namespace keyturn::sim
