#include "sqlserver/odbc_driver.h"

#include <gtest/gtest.h>

namespace keyturn::sqlserver {
namespace {

constexpr const char* k18 = "ODBC Driver 18 for SQL Server";
constexpr const char* k17 = "ODBC Driver 17 for SQL Server";

TEST(OdbcDriver, DialectsAreToldByName) {
  EXPECT_EQ(dialect_of(""), Dialect::freetds);
  EXPECT_EQ(dialect_of("FreeTDS"), Dialect::freetds);
  EXPECT_EQ(dialect_of("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"), Dialect::freetds);
  EXPECT_EQ(dialect_of(k18), Dialect::microsoft);
  EXPECT_EQ(dialect_of("SQL Server Native Client 11.0"), Dialect::microsoft);
  EXPECT_EQ(dialect_of("/opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.4.so.1.1"), Dialect::microsoft);
  EXPECT_EQ(dialect_of("SQL Server"), Dialect::windows_own);
  EXPECT_EQ(dialect_of("sql server"), Dialect::windows_own);
}

TEST(OdbcDriver, TheOneThatIsNamedIsTakenAsItIsRegistered) {
  EXPECT_EQ(registered_driver("freetds", {"PostgreSQL", "FreeTDS"}, {}), "FreeTDS");
  EXPECT_EQ(registered_driver("SQL Server", {k18, "SQL Server"}, {k18}), "SQL Server");
  EXPECT_EQ(registered_driver(k17, {k18, "SQL Server"}, {k18, "SQL Server"}), "");
}

TEST(OdbcDriver, WithoutANameTheBestThatIsThereIsTaken) {
  const std::vector<std::string> usual{k18, k17, "SQL Server"};
  EXPECT_EQ(registered_driver("", {"SQL Server", k17, k18}, usual), k18);
  EXPECT_EQ(registered_driver("", {"SQL Server", k17, "PostgreSQL"}, usual), k17);
  EXPECT_EQ(registered_driver("", {"SQL Server"}, usual), "SQL Server");
  EXPECT_EQ(registered_driver("", {"PostgreSQL"}, usual), "");
  EXPECT_EQ(registered_driver("", {}, usual), "");
}

TEST(OdbcDriver, TellsWhichOnesThereAre) {
  EXPECT_EQ(known_drivers({"A", "B"}), "It knows A, B");
  EXPECT_EQ(known_drivers({}), "It knows none");
}

}  // namespace
}  // namespace keyturn::sqlserver
