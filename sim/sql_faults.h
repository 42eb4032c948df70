// Faults of a SQL Server, drawn from the world's board: "tds:TARGET:login", "tds:TARGET:query",
// "tds:TARGET:commit".
#pragma once

#include <memory>
#include <string>

#include "sim/call_log.h"
#include "sim/faults.h"
#include "sim/sql_server.h"
#include "sim/tsql_transaction.h"

namespace keyturn::sim {

enum class SqlPoint { login, query, commit };

// What a drawn fault asks of whoever serves the request.
struct SqlFault {
  enum class Kind { none, refuse, hang, lose_reply, cut_reply } kind = Kind::none;
  SqlError error;      // of a refusal
  bool kills = false;  // kill() once the request is carried out
};

class SqlFaults {
 public:
  SqlFaults(SqlServer& server, FaultBoard& board, CallLog* calls)
      : server_(server), board_(board), calls_(calls) {}

  // Draws one; a delay has passed when it returns.
  SqlFault draw(SqlPoint point, const StopFlag* stop);
  // For TsqlSession: a hang waits until `stop` is requested, or ends the connection at once where `may_wait`
  // is false.
  CommitDecision decide_commit(const StopFlag& stop, bool may_wait, const std::string& by);
  void kill() { board_.kill({{}, server_.settings().target}); }  // whoever asked this server
  void log(SqlPoint point, const std::string& outcome, const std::string& by);

 private:
  [[nodiscard]] std::string operation(SqlPoint point) const;

  SqlServer& server_;
  FaultBoard& board_;
  CallLog* calls_;
};

}  // namespace keyturn::sim
