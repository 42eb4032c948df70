// One visit to one target: what it holds is read, and then, if it is to be changed, written and read back.
#pragma once

#include <string>

#include "base/clock.h"
#include "sqlserver/sql_session.h"
#include "sqlserver/target_snapshot.h"

namespace keyturn::sqlserver {

struct VisitSettings {
  ManagedNames managed;
  std::string login;  // named in sentences
  Duration query_timeout = std::chrono::seconds{30};
};

// One round trip a call. Not thread-safe, as the session isn't.
class CredentialVisit {
 public:
  // `where` names the target in errors. Session, clock and settings must outlive the visit.
  CredentialVisit(SqlSession& session, const Clock& clock, const VisitSettings& settings,
                  rotation::TargetName target)
      : session_(session), clock_(clock), settings_(settings), target_(std::move(target)) {}

  // Reads everything. Old versions and editions without S3 are `skipped`, a missing permission `read_only`.
  Result<rotation::TargetState> read();

  // Writes the key to all managed names in one transaction and reads them back. Only after a read() that
  // found the target updatable; what that read saw is the condition of the write. ErrorKind::conflict: the
  // target was altered since, and nothing was written; past_deadline: likewise. `not_after` is on the
  // controller's clock and is held to on the server by the time that was left when it was read.
  Result<rotation::TargetState> write(const rotation::KeyPair& key, TimePoint not_after);

  // The world moved under the write in a way that one more read() and write() may settle; nothing was
  // written.
  static bool worth_another_try(const Error& error);

 private:
  Result<rotation::TargetState> take(Result<std::vector<ResultSet>> answer);

  SqlSession& session_;
  const Clock& clock_;
  const VisitSettings& settings_;
  rotation::TargetName target_;
  TargetSnapshot seen_;
};

}  // namespace keyturn::sqlserver
