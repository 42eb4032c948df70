#include "sqlserver/login_change.h"

#include <algorithm>

#include "sqlserver/credential_batches.h"
#include "sqlserver/errors.h"
#include "sqlserver/tsql.h"
#include "sqlserver/utf16.h"

namespace keyturn::sqlserver {
namespace {

constexpr const char* kReadClock =
    "SET NOCOUNT OFF;\nSELECT CONVERT(nvarchar(30), SYSUTCDATETIME(), 126) AS utc_now;\n";

void append_literal(SecretString& batch, const SecretString& text) {
  batch.append("N'");
  for (const char& c : text.reveal())
    batch.append(c == '\'' ? std::string_view("''") : std::string_view(&c, 1));
  batch.append("'");
}

// The same instant on the server's UTC clock, in style 126; errs on the early side.
Result<std::string> on_server_clock(SqlSession& session, TimePoint time, const Clock& clock, Duration timeout,
                                    const std::string& where) {
  const auto sets = session.run(SecretString(kReadClock), timeout);
  if (!sets) {
    Error error = sets.error();
    error.effect = Effect::none;  // whatever came of the question, it changed nothing
    return fail(std::move(error));
  }
  const TimePoint read_at = clock.now();
  std::string utc;
  if (sets->size() == 1 && sets->front().rows.size() == 1 && !sets->front().rows.front().empty())
    utc = sets->front().rows.front().front().value_or("");
  const auto utc_now = parse_iso8601(utc + "Z");
  if (!utc_now) return fail(ErrorKind::invalid_reply, where + " did not tell its time as a SQL Server does.");
  std::string text = format_iso8601(*utc_now + (time - read_at));
  text.pop_back();  // the 'Z', which datetime2 does not know
  return text;
}

// 15113 to 15119: the several ways of Windows's password policy to say no.
bool is_policy(const std::string& code) { return code.size() == 5 && code >= "15113" && code <= "15119"; }

Error explained(Error error, const PasswordChange& change, const std::string& where) {
  for (const SecretString* secret : {&change.old_password, &change.new_password})
    error = redacted(std::move(error), *secret);
  if (is_policy(error.code)) {
    error.kind = ErrorKind::denied;
    error.message = where + " refuses the new password by its password policy: " + error.message;
    error.hint =
        "A minimum password age must pass first; other rules are its administrator's to loosen for this "
        "login "
        "(CHECK_POLICY = OFF). A later run goes on.";
  } else if (error.code == std::to_string(kErrorNoSuchCredential)) {
    error.kind = ErrorKind::conflict;
    error.message = where +
                    " did not change the password: the one before is not the login's any more (error " +
                    error.code + ").";
    error.hint = "Another run, or a person, has changed it meanwhile; run again.";
  }
  return error;
}

}  // namespace

Result<void> check_password(const SecretString& password) {
  const std::string_view text = password.reveal();
  const bool is_odd =
      std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }) ||
      to_utf8(to_utf16(text)) != text;
  if (!text.empty() && !is_odd && utf16_units(text) <= kMaxPasswordUtf16Units) return {};
  return fail(
      ErrorKind::usage,
      "A version of the password's secret holds what can't be the password of a SQL login: it is empty, "
      "longer than 128 characters, or has control characters in it.",
      "Store the login's password alone, as plain text.");
}

SecretString change_password_batch(const std::string& login, const SecretString& old_password,
                                   const SecretString& new_password, const std::string& not_after_utc) {
  SecretString batch(
      "SET XACT_ABORT ON;\nSET LOCK_TIMEOUT 5000;\nIF SYSUTCDATETIME() > CONVERT(datetime2(3), " +
      quote_literal(not_after_utc) + ", 126) THROW " + std::to_string(kErrorPastDeadline) +
      ", N'keyturn: the deadline of the run has passed.', 1;\nALTER LOGIN " + quote_identifier(login) +
      " WITH PASSWORD = ");
  append_literal(batch, new_password);
  batch.append(" OLD_PASSWORD = ");
  append_literal(batch, old_password);
  batch.append(";\n");
  return batch;
}

Result<void> change_password(SqlSession& session, const PasswordChange& change, const Clock& clock,
                             Duration timeout, const std::string& where) {
  for (const SecretString* password : {&change.old_password, &change.new_password})
    if (auto sound = check_password(*password); !sound) return sound;
  const auto not_after = on_server_clock(session, change.not_after, clock, timeout, where);
  if (!not_after) return fail(not_after.error());
  const auto done = session.run(
      change_password_batch(change.login, change.old_password, change.new_password, *not_after), timeout);
  if (!done) return fail(explained(done.error(), change, where));
  return {};
}

}  // namespace keyturn::sqlserver
