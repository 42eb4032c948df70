// A session's transaction, and its writes to the credentials.
#pragma once

#include <functional>

#include "sim/tsql_result.h"
#include "sim/tsql_state.h"

namespace keyturn::sim {

// What becomes of an outermost COMMIT: faults come in here.
enum class CommitVerdict { apply, apply_then_break, refuse, break_before };
struct CommitDecision {
  CommitVerdict verdict = CommitVerdict::apply;
  SqlError error;  // of a refusal
};
using CommitGate = std::function<CommitDecision()>;

using MaybeError = std::optional<SqlError>;

void begin_transaction(SessionState& session, const std::string& name, ResultSink& sink);
// 3902, 3930. Sets `broken` where the connection is to end.
MaybeError commit_transaction(SessionState& session, const CommitGate& gate, bool& broken, ResultSink& sink);
// Rolls everything back; with a name, to that savepoint (6401 where there is none). 3903.
MaybeError rollback_transaction(SessionState& session, const std::string& name, ResultSink& sink);
MaybeError save_transaction(SessionState& session, const std::string& name);
// The end of a session, or what XACT_ABORT does: no error where there is no transaction.
void abandon_transaction(SessionState& session, ResultSink* sink);

// Applies `change` to the credentials in this session's transaction, or at once where there is none. 3930 in
// a doomed transaction.
MaybeError write_credentials(SessionState& session,
                             const std::function<MaybeError(CredentialTable&)>& change);

}  // namespace keyturn::sim
