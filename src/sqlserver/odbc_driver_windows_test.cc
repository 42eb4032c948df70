#include <gtest/gtest.h>

#include "sqlserver/odbc_driver.h"

namespace keyturn::sqlserver {
namespace {

constexpr const char* k18 = "ODBC Driver 18 for SQL Server";

std::string chosen(const std::string& wanted, const std::vector<std::string>& registered) {
  OdbcSettings settings;
  settings.driver = wanted;
  const auto driver = open_driver(settings, registered);
  if (!driver) return driver.error().sentence();
  const auto text = (*driver)->connection_text({"sql01", 1433, ""}, {}, Duration{1000});
  const std::string shown(text->text.reveal());
  return shown.substr(0, shown.find(';'));
}

TEST(WindowsDriver, TheBestThatIsInstalledIsTaken) {
  EXPECT_EQ(chosen("", {"SQL Server", "ODBC Driver 17 for SQL Server", k18}),
            "Driver={ODBC Driver 18 for SQL Server}");
  EXPECT_EQ(chosen("", {"SQL Server", "ODBC Driver 17 for SQL Server"}),
            "Driver={ODBC Driver 17 for SQL Server}");
  EXPECT_EQ(chosen("", {"SQL Server"}), "Driver={SQL Server}");
  EXPECT_EQ(chosen("sql server", {"SQL Server", k18}), "Driver={SQL Server}");
}

TEST(WindowsDriver, WhereThereIsNoneItSaysWhatToInstall) {
  const std::string none = chosen("", {"PostgreSQL"});
  EXPECT_NE(none.find("No ODBC driver for SQL Server is installed"), std::string::npos) << none;
  EXPECT_NE(none.find("Microsoft ODBC Driver 18 for SQL Server"), std::string::npos) << none;
  const std::string missing = chosen(k18, {"SQL Server"});
  EXPECT_NE(missing.find("It knows SQL Server."), std::string::npos) << missing;
}

TEST(WindowsDriver, OthersThanMicrosoftsAreRefused) {
  EXPECT_NE(chosen("FreeTDS", {"FreeTDS"}).find("Microsoft's ODBC drivers alone"), std::string::npos);
}

}  // namespace
}  // namespace keyturn::sqlserver
