// A proof backup: a small backup of master through the engine, to S3, under the credential that backups use.
// Nothing but the engine's own word shows that the server can reach S3 with the key that it holds.
#pragma once

#include <string>

#include "base/error.h"
#include "rotation/observation.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

// Below a credential's name; the right to delete is to be given there.
inline constexpr std::string_view kProofFolder = "keyturn-proof";

// "s3://…/keyturn-proof/SQL01_PAYROLL-payroll.bak": below the credential's own name, so that SQL Server takes
// that one, and always the same for a target, so that one object at most is ever left there. At most 259
// characters, SQL Server's limit, for any credential's name. `server` is SQL Server's name of itself, since
// targets of several hosts may have one name.
std::string proof_url(const std::string& credential, const std::string& server,
                      const rotation::TargetName& target);

// COPY_ONLY, so that nobody's chain of backups is touched; FORMAT, since an object may be left there. INIT is
// not for S3. `region`: to be told where the URL does not say it; empty: not.
std::string proof_batch(const std::string& url, const std::string& region);

// How SQL Server calls itself: "SQL01\PAYROLL".
Result<std::string> server_name(SqlSession& session, Duration timeout);

// Makes it once. ErrorKind::backup_refused: the server says that it could not, in its own words and with what
// to do; `login` is named there. Other errors tell nothing of the key: a connection that broke, a time-out, a
// server that had no time for it.
Result<void> make_proof_backup(SqlSession& session, const std::string& url, const std::string& region,
                               const rotation::TargetName& target, const std::string& login,
                               Duration timeout);

// What S3 answers while a new key spreads looks like this; so does a real lack of rights, or of a network.
bool may_pass_later(const Error& refusal);

}  // namespace keyturn::sqlserver
