#include <filesystem>

#include "sqlserver/freetds_driver_linux.h"
#include "sqlserver/microsoft_driver.h"
#include "sqlserver/odbc_driver.h"
#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

// Where the name "FreeTDS" is not registered (Debian's tdsodbc does not always do it), the library is looked
// for where distributions put it.
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

Result<std::string> find_driver(const std::string& wanted, const std::vector<std::string>& registered) {
  const std::string name = wanted.empty() ? "FreeTDS" : wanted;
  if (name.front() == '/') {
    if (is_file(name)) return name;
    return fail(ErrorKind::usage, "The ODBC driver " + name + " does not exist.",
                "sql.driver takes a registered name or the full path of the driver's library.");
  }
  if (std::string found = registered_driver(name, registered, {}); !found.empty()) return found;
  if (same_name(name, "FreeTDS")) {
    for (const char* path : kFreetdsPaths) {
      if (is_file(path)) return std::string(path);
    }
  }
  return fail(ErrorKind::usage, "unixODBC has no ODBC driver \"" + name + "\".",
              known_drivers(registered) + "; on Debian install tdsodbc and leave sql.driver out.");
}

}  // namespace

Result<std::unique_ptr<OdbcDriver>> open_driver(const OdbcSettings& settings,
                                                const std::vector<std::string>& registered) {
  auto driver = find_driver(settings.driver, registered);
  if (!driver) return fail(std::move(driver).error());
  if (dialect_of(*driver) == Dialect::freetds) return open_freetds(*std::move(driver), settings);
  return open_microsoft(*std::move(driver), settings, "add the CA to the system's, or set SSL_CERT_FILE.");
}

std::string_view trace_hint() { return "Set Trace = No in the [ODBC] section of odbcinst.ini."; }

}  // namespace keyturn::sqlserver
