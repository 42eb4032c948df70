// What SQL Server and the ODBC drivers report, as sentences. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"

namespace keyturn::sqlserver {

// One diagnostic record of ODBC. `native` is SQL Server's error number, or the driver's own (FreeTDS:
// 20000…20999), or 0.
struct Diagnostic {
  std::string sqlstate;
  int native = 0;
  std::string message;
};

// SQL Server's own error numbers that others decide by.
inline constexpr int kErrorDeadlock = 1205;
inline constexpr int kErrorNoSuchCredential = 15151;
inline constexpr int kErrorCredentialExists = 15530;
inline constexpr int kErrorLoginFailed = 18456;

// What was under way when the diagnostics arose. While logging in nothing can have been changed; afterwards a
// lost connection or a time-out leaves the effect unknown, whereas an error that the server reports comes
// after its rollback.
enum class Doing { connecting, running };

// Classified by the first server error's number, then by SQLSTATE: texts are in the login's language, and
// FreeTDS and Microsoft's driver give different states for the same event. `where` names host and port. The
// server's text is quoted in the message; SQL Server never repeats a batch's secrets in it.
Error error_of(const std::vector<Diagnostic>& diagnostics, const std::string& where, Doing doing);

// For a server's error number alone, as the simulated SQL Server gives it.
Error error_of_number(int number, const std::string& server_text, const std::string& where, Doing doing);

// SQL Server does not repeat a batch's secrets in its errors, but what answers at the port need not be one: a
// text that holds the secret is withheld.
Error redacted(Error error, const SecretString& secret);

// For a Windows account that was refused as a login: with the T-SQL that lets it in. Others as they are.
Error with_account(Error error, const std::string& account);

}  // namespace keyturn::sqlserver
