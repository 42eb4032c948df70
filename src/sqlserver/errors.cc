#include "sqlserver/errors.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sqlserver/credential_batches.h"
#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

struct KnownNumber {
  int number;
  ErrorKind kind;
  std::string_view what;  // "{where}: …"
  std::string_view hint;
};

constexpr std::string_view kGrantHint =
    "As an administrator of it: GRANT ALTER ANY CREDENTIAL TO [the login];";

constexpr std::array kKnown{
    KnownNumber{102, ErrorKind::invalid_reply, "does not understand the batch (error 102)",
                "It is probably not a SQL Server, or one too old."},
    KnownNumber{208, ErrorKind::invalid_reply, "lacks a system view that SQL Server has (error 208)",
                "It is probably not a SQL Server, or one too old."},
    KnownNumber{229, ErrorKind::denied, "denies the login a system view",
                "Undo the DENY for this login or for public."},
    KnownNumber{596, ErrorKind::unavailable, "ended the session: an administrator killed it",
                "Run again; what was not committed was rolled back."},
    KnownNumber{976, ErrorKind::unavailable, "is a replica whose database can't be read",
                "Name the instance, not the listener."},
    KnownNumber{983, ErrorKind::unavailable, "is a replica whose database can't be reached",
                "Name the instance, not the listener."},
    KnownNumber{kErrorDeadlock, ErrorKind::conflict, "chose this session as the victim of a deadlock",
                "Run again."},
    KnownNumber{1222, ErrorKind::conflict, "has the credentials locked by another session (lock time-out)",
                "Look for an open transaction with CREATE or ALTER CREDENTIAL in it, then run again."},
    KnownNumber{4060, ErrorKind::denied, "does not let the login open the database master",
                "Where the login has a user of its own in master: GRANT CONNECT to it there."},
    KnownNumber{6005, ErrorKind::unavailable, "is shutting down", "Run again when it is up."},
    KnownNumber{8645, ErrorKind::throttled, "has no memory for the query just now",
                "Run again when it is less loaded."},
    KnownNumber{9002, ErrorKind::unavailable,
                "can't write: the transaction log of its master database is full",
                "Back up or enlarge that log."},
    KnownNumber{kErrorNoSuchCredential, ErrorKind::conflict,
                "found no credential to alter: it was dropped meanwhile, or the login may not alter it",
                kGrantHint},
    KnownNumber{15247, ErrorKind::denied, "does not let the login create credentials", kGrantHint},
    KnownNumber{kErrorCredentialExists, ErrorKind::conflict,
                "has a credential of this name already: another program made it meanwhile", "Run again."},
    KnownNumber{17142, ErrorKind::unavailable, "is paused", "Continue the service, then run again."},
    KnownNumber{17187, ErrorKind::unavailable, "is starting and does not take logins yet",
                "Run again in a minute."},
    KnownNumber{17809, ErrorKind::throttled, "takes no more connections",
                "Raise its user connections, or run again."},
    KnownNumber{17830, ErrorKind::unavailable, "closed the connection during login",
                "Look into its error log."},
    KnownNumber{18452, ErrorKind::denied, "does not take this kind of login (error 18452)",
                "With a SQL login: allow SQL Server authentication (mixed mode) there. With Windows's: the "
                "account must be of that machine or of a domain that it trusts."},
    KnownNumber{kErrorLoginFailed, ErrorKind::denied,
                "refused the login: wrong user name or password, or the login is not allowed in",
                "Its error log names the reason as a state (5 no such login, 8 wrong password, 7 disabled, "
                "58 Windows "
                "authentication only). The password comes from the SQL password secret."},
    KnownNumber{18470, ErrorKind::denied, "refused the login: the account is disabled",
                "ALTER LOGIN [the login] ENABLE;"},
    KnownNumber{18486, ErrorKind::denied, "refused the login: the account is locked out",
                "ALTER LOGIN [the login] WITH PASSWORD = '…' UNLOCK;"},
    KnownNumber{18487, ErrorKind::denied, "refused the login: its password has expired",
                "Set a new password for it."},
    KnownNumber{18488, ErrorKind::denied, "refused the login: its password must be changed first",
                "Set a new password for it, with CHECK_EXPIRATION = OFF."},
    KnownNumber{kErrorPastDeadline, ErrorKind::past_deadline,
                "was not written: the deadline of the run has passed", "Run again."},
    KnownNumber{kErrorWorldMoved, ErrorKind::conflict,
                "was not written: a credential was altered there since it was read",
                "Run again; it is read anew then."},
    KnownNumber{kErrorNotSerialised, ErrorKind::conflict, "was not written: another keyturn is writing to it",
                "Run again when the other one has ended."},
};

bool is_server_number(int native) {
  constexpr int kFreeTdsFirst = 20000;
  constexpr int kFreeTdsLast = 20999;
  return native > 0 && (native < kFreeTdsFirst || native > kFreeTdsLast);
}

const KnownNumber* known_number(int number) {
  const auto found =
      std::find_if(kKnown.begin(), kKnown.end(), [&](const KnownNumber& k) { return k.number == number; });
  return found == kKnown.end() ? nullptr : &*found;
}

// Numbers of Windows and of its sockets that Microsoft's driver reports as native ones, on Linux too; they
// are no errors of the server.
bool is_system_number(const Diagnostic& diagnostic) {
  if (diagnostic.sqlstate.substr(0, 2) != "08" || known_number(diagnostic.native) != nullptr) return false;
  return diagnostic.native < 2000 || (diagnostic.native >= 10000 && diagnostic.native < 12000);
}

// Nobody listens: refused (20009 of FreeTDS; 10061; 10057 is what Microsoft's driver makes of it on Linux;
// 1225), no such pipe or shared memory (2), no such machine in the network of pipes (53).
constexpr std::array kNobodyThere{20009, 10061, 10057, 1225, 2, 53};
constexpr std::array kNoSuchHost{11001, 11002, 11003, 11004};
constexpr std::array kTookTooLong{258, 10060};

// "BACKUP DATABASE is terminating abnormally." follows the cause; FreeTDS lists it first.
constexpr int kTerminated = 3013;

const Diagnostic* server_error(const std::vector<Diagnostic>& diagnostics) {
  const Diagnostic* found = nullptr;
  for (const Diagnostic& d : diagnostics) {
    const bool is_servers =
        is_server_number(d.native) && !is_system_number(d) && d.sqlstate.substr(0, 2) != "01" &&
        d.message.find("SSPI") == std::string::npos;  // its numbers are Windows's or Kerberos's
    if (is_servers && (found == nullptr || found->native == kTerminated)) found = &d;
  }
  return found;
}

bool any_state(const std::vector<Diagnostic>& diagnostics, std::string_view prefix) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [&](const Diagnostic& d) { return d.sqlstate.substr(0, prefix.size()) == prefix; });
}

bool any_native(const std::vector<Diagnostic>& diagnostics, int native) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [&](const Diagnostic& d) { return d.native == native; });
}

template <std::size_t Size>
bool any_native_of(const std::vector<Diagnostic>& diagnostics, const std::array<int, Size>& natives) {
  return std::any_of(natives.begin(), natives.end(),
                     [&](int native) { return any_native(diagnostics, native); });
}

bool any_text(const std::vector<Diagnostic>& diagnostics, std::string_view text) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [&](const Diagnostic& d) { return d.message.find(text) != std::string::npos; });
}

// Drivers put "[vendor][component]" in front of every text.
std::string without_brackets(std::string_view text) {
  while (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::string(text);
}

std::string quoted_texts(const std::vector<Diagnostic>& diagnostics) {
  std::string out;
  std::string last;
  for (const Diagnostic& diagnostic : diagnostics) {
    std::string text = without_brackets(diagnostic.message);
    if (text.empty() || text == last) continue;
    out += (out.empty() ? "" : "; ") + text;
    last = std::move(text);
  }
  return out.empty() ? "no further detail" : out;
}

Error connection_error(const std::vector<Diagnostic>& diagnostics, const std::string& where) {
  constexpr int kFreeTdsClosed = 20017;
  const std::string detail = " (" + quoted_texts(diagnostics) + ").";
  Error error{ErrorKind::unavailable, Effect::none, "", "", ""};
  // Microsoft's driver tries again until the time is over, and reports both: the cause, and that.
  if (any_native_of(diagnostics, kNobodyThere)) {
    error.message = where + " can't be reached: no program takes connections there" + detail;
    error.hint = "Is the service running, TCP/IP enabled in it, and is this its port?";
  } else if (any_native_of(diagnostics, kNoSuchHost)) {
    error.message = where + " can't be reached: its name can't be resolved" + detail;
    error.hint = "Is it spelt right, and known to the DNS that this machine uses?";
  } else if (any_state(diagnostics, "HYT") || any_native_of(diagnostics, kTookTooLong)) {
    error.kind = ErrorKind::timed_out;
    error.message = where + " did not complete the login in time" + detail;
    error.hint = "Is it a SQL Server, and not overloaded? A firewall that drops packets looks the same.";
  } else if (any_text(diagnostics, "SSPI")) {
    error.kind = ErrorKind::denied;
    error.message = where + " can't be shown this machine's Windows account" + detail;
    error.hint =
        "Over the network that takes a domain, an SPN of SQL Server's service in it, and clocks that agree; "
        "connect to the host itself, or use a SQL login (sql.authentication = \"sql\").";
  } else if (any_state(diagnostics, "IM00") || any_text(diagnostics, "Can't open lib")) {
    error.kind = ErrorKind::usage;
    error.message = "The ODBC driver can't be loaded" + detail;
    error.hint =
        "Install it (Debian: tdsodbc; Windows: Microsoft ODBC Driver 18 for SQL Server), or name another one "
        "by sql.driver.";
  } else if (any_native(diagnostics, 20002) || any_native(diagnostics, kFreeTdsClosed) ||
             any_state(diagnostics, "08")) {
    error.message = where + " could not be logged in to over an encrypted connection" + detail;
    error.hint =
        "Either it is not a SQL Server, or its certificate is not of a trusted CA or not for this host name "
        "(with FreeTDS sql.ca_file names the CA, with Microsoft's drivers it is one that the system trusts; "
        "the target's host must be a name in the certificate).";
  } else {
    error.message = where + " can't be connected to" + detail;
  }
  return error;
}

Error run_error(const std::vector<Diagnostic>& diagnostics, const std::string& where) {
  Error error{ErrorKind::unavailable, Effect::unknown, "", "", "Run again: the target is then read anew."};
  if (any_state(diagnostics, "HYT") || any_native(diagnostics, 20003) ||
      any_native_of(diagnostics, kTookTooLong)) {
    error.kind = ErrorKind::timed_out;
    error.message = where + " did not answer in time; whether it carried the batch out is unknown.";
  } else {
    error.message = "The connection to " + where + " broke before the answer was complete (" +
                    quoted_texts(diagnostics) + "); whether the batch was carried out is unknown.";
  }
  return error;
}

// Errors after which the session is gone: whether the transaction was committed is not known.
bool ends_session(int number) { return number == 596 || number == 6005; }

}  // namespace

Error error_of_number(int number, const std::string& server_text, const std::string& where, Doing doing) {
  Error error{ErrorKind::unavailable, Effect::none, std::to_string(number), "", ""};
  if (doing == Doing::running && ends_session(number)) error.effect = Effect::unknown;
  const KnownNumber* const known = known_number(number);
  const std::string detail = " (error " + std::to_string(number) + ": " + without_brackets(server_text) + ")";
  if (known == nullptr) {
    error.kind = doing == Doing::running ? ErrorKind::invalid_reply : ErrorKind::unavailable;
    error.message = where + " reported an error" + detail + ".";
    return error;
  }
  error.kind = known->kind;
  error.message = where + " " + std::string(known->what) + detail + ".";
  error.hint = known->hint;
  return error;
}

Error error_of(const std::vector<Diagnostic>& diagnostics, const std::string& where, Doing doing) {
  if (const Diagnostic* server = server_error(diagnostics)) {
    Error error = error_of_number(server->native, server->message, where, doing);
    // Whatever its number: Windows's own may be the same as one of the server's.
    if (doing == Doing::running && any_state(diagnostics, "08")) error.effect = Effect::unknown;
    return error;
  }
  return doing == Doing::connecting ? connection_error(diagnostics, where) : run_error(diagnostics, where);
}

Error redacted(Error error, const SecretString& secret) {
  if (secret.empty()) return error;
  for (std::string* text : {&error.message, &error.hint}) {
    if (text->find(secret.reveal()) != std::string::npos)
      *text = "The server repeated the secret in an error; its text is withheld.";
  }
  return error;
}

Error with_account(Error error, const std::string& account) {
  if (error.code != std::to_string(kErrorLoginFailed)) return error;
  // The server names the account as it sees it, in quotes: over the network a service of this machine is
  // DOMAIN\MACHINE$.
  std::string login = account;
  const std::size_t opened = error.message.find('\'');
  const std::size_t closed = error.message.find('\'', opened + 1);
  if (closed != std::string::npos) {
    const std::string named = error.message.substr(opened + 1, closed - opened - 1);
    if (named.find('\\') != std::string::npos) login = named;
  }
  login = quote_identifier(login);
  error.hint = "As an administrator of it: CREATE LOGIN " + login +
               " FROM WINDOWS; GRANT ALTER ANY CREDENTIAL TO " + login + "; GRANT VIEW SERVER STATE TO " +
               login + ";";
  return error;
}

}  // namespace keyturn::sqlserver
