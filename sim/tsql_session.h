// One logged-in session of a simulated SQL Server: runs batches and procedures.
#pragma once

#include <string_view>

#include "sim/tsql_interpreter.h"

namespace keyturn::sim {

// Not thread-safe, but for `stop`, which another thread may request. Ending it rolls back.
class TsqlSession {
 public:
  // `info`: host and program name; login, id and database are filled in here.
  TsqlSession(SqlServer& server, ServerLogin login, SessionInfo info);
  ~TsqlSession();
  TsqlSession(const TsqlSession&) = delete;
  TsqlSession& operator=(const TsqlSession&) = delete;

  [[nodiscard]] SessionState& state() { return state_; }
  void set_commit_gate(CommitGate gate) { gate_ = std::move(gate); }

  // Each runs to the end, or until `stop` is requested. False: the connection must end now, whatever was
  // sent.
  [[nodiscard]] bool run_batch(std::string_view text, ResultSink& sink, std::shared_ptr<const StopFlag> stop);
  [[nodiscard]] bool call(const ObjectName& name, std::vector<ProcedureArgument>& args, ResultSink& sink,
                          std::shared_ptr<const StopFlag> stop, std::int64_t& return_value);
  // Transaction manager requests.
  [[nodiscard]] bool begin(ResultSink& sink);
  [[nodiscard]] bool commit(ResultSink& sink);
  [[nodiscard]] bool rollback(ResultSink& sink);
  // What a pooled connection asks for before its next use.
  void reset();

 private:
  template <class Work>
  bool run(ResultSink& sink, std::shared_ptr<const StopFlag> stop, Work work);

  SessionState state_;
  Evaluator evaluator_;
  CommitGate gate_;
};

}  // namespace keyturn::sim
