#include "sqlserver/microsoft_driver.h"
#include "sqlserver/odbc_driver.h"

namespace keyturn::sqlserver {
namespace {

// The first that is installed. The last comes with every Windows.
const std::vector<std::string> kUsual{"ODBC Driver 18 for SQL Server", "ODBC Driver 17 for SQL Server",
                                      "SQL Server"};

constexpr const char* kInstall =
    "Install the \"Microsoft ODBC Driver 18 for SQL Server\" (x64, msodbcsql.msi, from Microsoft's download "
    "page of that name)";

}  // namespace

Result<std::unique_ptr<OdbcDriver>> open_driver(const OdbcSettings& settings,
                                                const std::vector<std::string>& registered) {
  std::string driver = registered_driver(settings.driver, registered, kUsual);
  if (driver.empty() && settings.driver.empty())
    return fail(ErrorKind::usage, "No ODBC driver for SQL Server is installed on this machine.",
                std::string(kInstall) + ".");
  if (driver.empty())
    return fail(
        ErrorKind::usage,
        "The ODBC driver \"" + settings.driver + "\" is not among the 64-bit ones of this machine.",
        known_drivers(registered) + ". Leave sql.driver out to have the best one chosen. " + kInstall + ".");
  if (dialect_of(driver) == Dialect::freetds)
    return fail(
        ErrorKind::usage,
        "On Windows keyturn connects with Microsoft's ODBC drivers alone, not with \"" + driver + "\".",
        "Leave sql.driver out to have the best one chosen.");
  return open_microsoft(std::move(driver), settings,
                        "add the CA to Windows's store: Cert:\\LocalMachine\\Root.");
}

std::string_view trace_hint() {
  return "Stop it on the page Tracing of \"ODBC Data Sources (64-bit)\" (odbcad32.exe), for the machine and "
         "for this user.";
}

}  // namespace keyturn::sqlserver
