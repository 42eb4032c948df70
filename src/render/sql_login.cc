#include "render/sql_login.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/digest.h"
#include "base/version.h"
#include "sqlserver/tsql.h"

namespace keyturn::render {
namespace {

using sqlserver::quote_identifier;
using sqlserver::quote_literal;

std::string binary_literal(std::string_view bytes) {
  std::string digits = to_hex(bytes);
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return "0x" + digits;
}

// Nothing that stands in a comment may end it.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

std::string create_windows_login(const std::string& login) {
  return fmt::format(
      "IF SUSER_ID({0}) IS NULL\n"
      "    CREATE LOGIN {1} FROM WINDOWS WITH DEFAULT_DATABASE = [master];\n"
      "GO\n",
      quote_literal(login), quote_identifier(login));
}

std::string create_sql_login(const SqlLoginSettings& settings) {
  const std::string_view sid(reinterpret_cast<const char*>(settings.sid.data()), settings.sid.size());
  return fmt::format(
      "-- The password is in Secrets Manager; here stands only what SQL Server keeps of it. The SID is the "
      "same on\n"
      "-- every instance, as the replicas of an availability group need it.\n"
      "IF SUSER_ID({name}) IS NULL\n"
      "    CREATE LOGIN {login} WITH PASSWORD = {hash} HASHED, SID = {sid},\n"
      "        DEFAULT_DATABASE = [master], CHECK_EXPIRATION = OFF, CHECK_POLICY = ON;\n"
      "ELSE\n"
      "    ALTER LOGIN {login} WITH PASSWORD = {hash} HASHED;\n"
      "GO\n"
      "IF SUSER_SID({name}) <> {sid}\n"
      "    PRINT N'This login was there before, with another SID. Drop it and run this again where SIDs "
      "matter.';\n"
      "GO\n",
      fmt::arg("name", quote_literal(settings.login)), fmt::arg("login", quote_identifier(settings.login)),
      fmt::arg("hash", binary_literal(settings.password_hash)), fmt::arg("sid", binary_literal(sid)));
}

// A role of the server that may back up does not exist: it takes a user in the database.
std::string let_back_up(const std::string& login) {
  return fmt::format(
      "-- For proof_backup: a user of its own in master, which may back up that database. It can read none "
      "of "
      "its tables,\n"
      "-- but who can read the bucket can read the backup.\n"
      "IF DATABASE_PRINCIPAL_ID({0}) IS NULL\n"
      "    CREATE USER {1} FOR LOGIN {1};\n"
      "GO\n"
      "ALTER ROLE [db_backupoperator] ADD MEMBER {1};\n"
      "GO\n",
      quote_literal(login), quote_identifier(login));
}

}  // namespace

std::string sql_login_script(const SqlLoginSettings& settings) {
  return fmt::format(
             "-- The login {0} that keyturn connects with, and its rights. Made by keyturn {1}.\n"
             "-- Run it on every instance as a member of sysadmin: sqlcmd -S HOST -E -b -i login.sql\n"
             "USE [master];\n"
             "GO\n",
             one_line(settings.login), program_version()) +
         (settings.password_hash.empty() ? create_windows_login(settings.login)
                                         : create_sql_login(settings)) +
         fmt::format(
             "-- All that a rotation needs: reading, making and altering credentials. It can't read their "
             "secrets.\n"
             "GRANT ALTER ANY CREDENTIAL TO {0};\n"
             "-- With this keyturn also sees backups under way, and waits for them before it retires a key. "
             "Without it,\n"
             "-- it counts on longest_backup of the configuration.\n"
             "-- GRANT VIEW SERVER STATE TO {0};\n"
             "GO\n",
             quote_identifier(settings.login)) +
         (settings.proof_backup ? let_back_up(settings.login) : "");
}

std::string sql_login_drop_script(const std::string& login) {
  return fmt::format(
      "-- Takes the login {0} away; the credentials that it wrote stay, and backups go on. Run it on every\n"
      "-- instance as a member of sysadmin: sqlcmd -S HOST -E -b -i drop-login.sql\n"
      "USE [master];\n"
      "GO\n"
      "IF DATABASE_PRINCIPAL_ID({1}) IS NOT NULL\n"
      "    DROP USER {2};\n"
      "GO\n"
      "IF SUSER_ID({1}) IS NOT NULL\n"
      "    DROP LOGIN {2};\n"
      "GO\n",
      one_line(login), quote_literal(login), quote_identifier(login));
}

LoginSid login_sid(const std::string& seed, const std::string& login) {
  const Sha256 digest = sha256("keyturn login\n" + seed + "\n" + login);
  LoginSid sid{};
  std::copy_n(digest.begin(), sid.size(), sid.begin());
  return sid;
}

}  // namespace keyturn::render
