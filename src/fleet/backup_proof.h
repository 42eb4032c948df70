// The proof backups of one target: made over the session that wrote the key, tried again while the key may
// still be spreading, and removed.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "rotation/observation.h"
#include "sqlserver/sql_session.h"

namespace keyturn::fleet {

// Where the objects of proof backups lie. Thread-safe.
class ProofStore {
 public:
  virtual ~ProofStore() = default;
  // The bucket's region where the URL does not say it, and SQL Server must be told; empty: it need not be.
  virtual std::string region_to_tell(const rotation::KeyPair& key, const std::string& url) = 0;
  // With the key itself: nobody else need have rights in the bucket.
  virtual Result<void> remove(const rotation::KeyPair& key, const std::string& url) = 0;
};

// Thread-safe. All that is given must outlive it; `stop` may be null.
class BackupProof {
 public:
  BackupProof(ProofStore& store, Clock& clock, const StopFlag* stop)
      : store_(store), clock_(clock), stop_(stop) {}

  struct Visit {
    sqlserver::SqlSession& session;
    std::string login;       // named in sentences
    Duration query_timeout;  // of short queries; a backup may take longer
    TimePoint not_after;
  };
  // One for each credential of `target` that is confirmed on the key; `target` as it was read back. An object
  // that can't be removed is a warning in `target`, no failure. ErrorKind::backup_refused where the server
  // could not back up; any other error tells nothing of the key.
  Result<void> make(const Visit& visit, const rotation::KeyPair& key, rotation::TargetState& target) const;

 private:
  Result<void> insist(const Visit& visit, const rotation::KeyPair& key, const std::string& url,
                      const rotation::TargetName& target) const;

  ProofStore& store_;
  Clock& clock_;
  const StopFlag* stop_;
};

}  // namespace keyturn::fleet
