#include "sim/tsql_transaction.h"

namespace keyturn::sim {
namespace {

void forget(SessionState& session) {
  session.transaction_depth = 0;
  session.transaction_name.clear();
  session.doomed = false;
  session.working.reset();
  session.savepoints.clear();
  session.server.app_locks().end_transaction(session.id);
}

}  // namespace

void begin_transaction(SessionState& session, const std::string& name, ResultSink& sink) {
  if (session.transaction_depth++ > 0) return;
  session.transaction_name = fold_name(name);
  sink.transaction(TransactionEvent::begun);
}

MaybeError commit_transaction(SessionState& session, const CommitGate& gate, bool& broken, ResultSink& sink) {
  if (session.transaction_depth == 0) return errors::commit_without_begin();
  if (session.doomed) return errors::doomed_transaction();
  if (session.transaction_depth > 1) {
    --session.transaction_depth;
    return std::nullopt;
  }
  const CommitDecision decision = gate ? gate() : CommitDecision{};
  const bool applied =
      decision.verdict == CommitVerdict::apply || decision.verdict == CommitVerdict::apply_then_break;
  broken =
      decision.verdict == CommitVerdict::break_before || decision.verdict == CommitVerdict::apply_then_break;
  if (!applied) {
    abandon_transaction(session, &sink);
    return broken ? std::nullopt : MaybeError(decision.error);
  }
  if (session.working) session.server.commit_credentials(session.id, *session.working);
  forget(session);
  sink.transaction(TransactionEvent::committed);
  return std::nullopt;
}

MaybeError rollback_transaction(SessionState& session, const std::string& name, ResultSink& sink) {
  if (session.transaction_depth == 0) return errors::rollback_without_begin();
  const std::string folded = fold_name(name);
  if (!folded.empty() && folded != session.transaction_name) {
    const auto savepoint = session.savepoints.find(folded);
    if (savepoint == session.savepoints.end()) {
      return SqlError{
          6401, 16, 1, "Cannot roll back " + name + ". No transaction or savepoint of that name was found.",
          {},   0};
    }
    if (session.doomed) {
      return SqlError{3931,
                      16,
                      1,
                      "The current transaction cannot be committed and cannot be rolled back to a savepoint. "
                      "Roll back the entire transaction.",
                      {},
                      0};
    }
    // The lock stays, and with it a working copy.
    if (session.working)
      session.working = savepoint->second ? savepoint->second : session.server.credentials();
    return std::nullopt;
  }
  abandon_transaction(session, &sink);
  return std::nullopt;
}

MaybeError save_transaction(SessionState& session, const std::string& name) {
  if (session.transaction_depth == 0) {
    return SqlError{628, 16, 0, "Cannot issue SAVE TRANSACTION when there is no active transaction.", {}, 0};
  }
  session.savepoints[fold_name(name)] = session.working;
  return std::nullopt;
}

void abandon_transaction(SessionState& session, ResultSink* sink) {
  if (session.transaction_depth == 0) return;
  if (session.working) session.server.unlock_credentials(session.id);
  forget(session);
  if (sink != nullptr) sink->transaction(TransactionEvent::rolled_back);
}

MaybeError write_credentials(SessionState& session,
                             const std::function<MaybeError(CredentialTable&)>& change) {
  if (session.doomed) return errors::doomed_transaction();
  if (!session.working) {
    if (!session.server.lock_credentials(session.id, *session.stop)) return cancelled();
    session.working = session.server.credentials();
  }
  MaybeError error = change(*session.working);
  if (session.transaction_depth > 0) return error;
  if (error) {
    session.server.unlock_credentials(session.id);
  } else {
    session.server.commit_credentials(session.id, *session.working);
  }
  session.working.reset();
  return error;
}

}  // namespace keyturn::sim
