// A login changes its own password: ALTER LOGIN … WITH PASSWORD … OLD_PASSWORD, which needs no permission and
// is itself a compare-and-swap. Pure functions, and one round trip or two.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/secret_string.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

// The longest password of a login, in UTF-16 code units.
inline constexpr std::size_t kMaxPasswordUtf16Units = 128;

// ErrorKind::usage unless the text can stand in a literal of T-SQL as it is: UTF-8 without control
// characters, not empty, not too long. The error does not repeat it.
Result<void> check_password(const SecretString& password);

// Nothing is changed once the server's UTC clock has passed `not_after_utc` (style 126). Passwords stand in
// the statement's plain text: SQL Server's own tracing masks it there, and neither in dynamic SQL nor in a
// parameter. Both must have passed check_password().
SecretString change_password_batch(const std::string& login, const SecretString& old_password,
                                   const SecretString& new_password, const std::string& not_after_utc);

struct PasswordChange {
  std::string login;  // as which the session is logged in
  const SecretString& old_password;
  const SecretString& new_password;
  TimePoint not_after;  // on `clock`; held to on the server by the time that is left
};
// ErrorKind::denied: the server refuses this password (its policy); conflict: the old one is not the login's
// any more; past_deadline. An error's effect says whether the change may have been made. `where` names the
// target in errors.
Result<void> change_password(SqlSession& session, const PasswordChange& change, const Clock& clock,
                             Duration timeout, const std::string& where);

}  // namespace keyturn::sqlserver
