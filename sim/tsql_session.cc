#include "sim/tsql_session.h"

namespace keyturn::sim {

TsqlSession::TsqlSession(SqlServer& server, ServerLogin login, SessionInfo info)
    : state_(server), evaluator_(state_) {
  info.login = login.name;
  info.database = state_.database;
  state_.host_name = info.host_name;
  state_.program_name = info.program_name;
  state_.login = std::move(login);
  state_.id = server.open_session(std::move(info));
}

TsqlSession::~TsqlSession() {
  abandon_transaction(state_, nullptr);
  state_.server.close_session(state_.id);
}

template <class Work>
bool TsqlSession::run(ResultSink& sink, std::shared_ptr<const StopFlag> stop, Work work) {
  state_.stop = std::move(stop);
  state_.server.begin_request(state_.id, "SELECT");
  Execution execution{state_, evaluator_, sink, gate_, 0, {}, false};
  const Outcome outcome = work(execution);
  if (!outcome && outcome.error().errors.back().number != 0) {
    for (SqlError error : outcome.error().errors) {
      if (error.line == 0) error.line = 1;
      sink.message(error);
    }
    state_.last_error = outcome.error().errors.back().number;
    sink.done(true, std::nullopt);
  }
  if (state_.doomed && !execution.broken) {
    sink.message(
        {3998,
         16,
         1,
         "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.",
         {},
         1});
    sink.done(true, std::nullopt);
    abandon_transaction(state_, &sink);
  }
  // A batch that was cancelled under XACT_ABORT takes its transaction with it.
  if (state_.stopped() && state_.xact_abort) abandon_transaction(state_, &sink);
  state_.server.end_request(state_.id);
  state_.caught.clear();
  return !execution.broken;
}

bool TsqlSession::run_batch(std::string_view text, ResultSink& sink, std::shared_ptr<const StopFlag> stop) {
  return run(sink, std::move(stop), [&](Execution& execution) -> Outcome {
    auto parsed = parse_batch(text);
    if (!parsed) return tl::unexpected<Raised>(Raised{{parsed.error()}, Reach::scope, false, false});
    Variables variables;
    for (const auto& [name, type] : parsed->variables) variables.try_emplace(name, TypedValue{type, {}});
    return Interpreter(execution, std::move(variables)).run(parsed->statements);
  });
}

bool TsqlSession::call(const ObjectName& name, std::vector<ProcedureArgument>& args, ResultSink& sink,
                       std::shared_ptr<const StopFlag> stop, std::int64_t& return_value) {
  return run(sink, std::move(stop), [&](Execution& execution) -> Outcome {
    ProcedureResult result = run_procedure(execution, name, args);
    return_value = result.outcome ? result.return_value : result.outcome.error().errors.back().number;
    return std::move(result.outcome);
  });
}

bool TsqlSession::begin(ResultSink& sink) {
  begin_transaction(state_, {}, sink);
  return true;
}
bool TsqlSession::commit(ResultSink& sink) {
  bool broken = false;
  if (const auto error = commit_transaction(state_, gate_, broken, sink)) {
    sink.message(*error);
    sink.done(true, std::nullopt);
  }
  return !broken;
}
bool TsqlSession::rollback(ResultSink& sink) {
  if (const auto error = rollback_transaction(state_, {}, sink)) {
    sink.message(*error);
    sink.done(true, std::nullopt);
  }
  return true;
}

void TsqlSession::reset() {
  abandon_transaction(state_, nullptr);
  state_.xact_abort = false;
  state_.no_count = false;
  state_.implicit_transactions = false;
  state_.database = "master";
  state_.server.set_session_database(state_.id, state_.database);
  state_.server.app_locks().end_session(state_.id);
}

}  // namespace keyturn::sim
