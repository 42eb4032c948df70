#include "sqlserver/odbc_driver.h"

#include <algorithm>
#include <filesystem>

#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

constexpr const char* kFreetdsPaths[] = {
    "/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so",
    "/usr/lib/aarch64-linux-gnu/odbc/libtdsodbc.so",
    "/usr/lib64/libtdsodbc.so.0",
    "/usr/lib/libtdsodbc.so",
    "/usr/local/lib/libtdsodbc.so",
};

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// ODBC's own rule: braces around, a closing brace inside doubled.
SecretString braced(std::string_view value) {
  SecretString text("{");
  for (const char c : value) text.append(c == '}' ? std::string_view("}}") : std::string_view(&c, 1));
  text.append("}");
  return text;
}

std::string driver_keyword(const std::string& driver) {
  return driver.front() == '/' ? "Driver=" + driver + ";" : "Driver={" + driver + "};";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

Dialect dialect_of(std::string_view driver) {
  return contains(driver, "SQL Server") || contains(driver, "msodbcsql") ? Dialect::microsoft
                                                                         : Dialect::freetds;
}

Result<std::string> find_driver(const std::string& wanted, const std::vector<std::string>& registered) {
  if (wanted.empty())
    return fail(ErrorKind::usage, "No ODBC driver is named.", "Set sql.driver to \"FreeTDS\".");
  if (wanted.front() == '/') {
    if (is_file(wanted)) return wanted;
    return fail(ErrorKind::usage, "The ODBC driver " + wanted + " does not exist.",
                "sql.driver takes a registered name or the full path of the driver's library.");
  }
  const auto found = std::find_if(registered.begin(), registered.end(),
                                  [&](const std::string& name) { return same_name(name, wanted); });
  if (found != registered.end()) return *found;
  if (same_name(wanted, "FreeTDS")) {
    for (const char* path : kFreetdsPaths) {
      if (is_file(path)) return std::string(path);
    }
  }
  std::string names;
  for (const std::string& name : registered) names += (names.empty() ? "" : ", ") + name;
  return fail(ErrorKind::usage, "The ODBC driver \"" + wanted + "\" is not installed.",
              (names.empty() ? "unixODBC knows none" : "unixODBC knows " + names) +
                  std::string("; on Debian install tdsodbc and set sql.driver to \"FreeTDS\"."));
}

// A braced value ends at "};" and nowhere else, "}}" stays as it is, and without the ';' the brace belongs to
// the value.
Result<SecretString> freetds_connection_string(const std::string& driver, const std::string& section,
                                               const SqlLogin& login) {
  if (contains(login.user, "};") || contains(login.password.reveal(), "};")) {
    return fail(ErrorKind::usage,
                "The SQL login's name or password has \"};\" in it, which FreeTDS has no way to express.",
                "Choose another password.");
  }
  SecretString text(driver_keyword(driver) + "Servername=" + section + ";Database=master;APP=keyturn;UID={" +
                    login.user + "};PWD={");
  text.append(login.password);
  text.append("};");
  return text;
}

SecretString microsoft_connection_string(const std::string& driver, const std::string& host,
                                         std::uint16_t port, bool trust_server_certificate,
                                         const SqlLogin& login) {
  SecretString text(driver_keyword(driver) + "Server=");
  text.append(braced("tcp:" + host + "," + std::to_string(port)));
  text.append(std::string(";Encrypt=yes;TrustServerCertificate=") +
              (trust_server_certificate ? "yes" : "no") + ";Database=master;APP=keyturn;UID=");
  text.append(braced(login.user));
  text.append(";PWD=");
  text.append(braced(login.password.reveal()));
  text.append(";");
  return text;
}

}  // namespace keyturn::sqlserver
