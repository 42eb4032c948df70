#include "sqlserver/odbc_driver.h"

#include <gtest/gtest.h>

namespace keyturn::sqlserver {
namespace {

SqlLogin login_of(const std::string& password) { return {"sa", SecretString(password)}; }

TEST(OdbcDriver, DialectsAreToldByName) {
  EXPECT_EQ(dialect_of("FreeTDS"), Dialect::freetds);
  EXPECT_EQ(dialect_of("/usr/lib/x86_64-linux-gnu/odbc/libtdsodbc.so"), Dialect::freetds);
  EXPECT_EQ(dialect_of("ODBC Driver 18 for SQL Server"), Dialect::microsoft);
  EXPECT_EQ(dialect_of("/opt/microsoft/msodbcsql18/lib64/libmsodbcsql-18.4.so.1.1"), Dialect::microsoft);
}

TEST(OdbcDriver, ARegisteredNameIsTakenAsItIsRegistered) {
  EXPECT_EQ(find_driver("freetds", {"PostgreSQL", "FreeTDS"}).value(), "FreeTDS");
}

TEST(OdbcDriver, FreetdsIsFoundWithoutRegistration) {
  const auto driver = find_driver("FreeTDS", {});
  ASSERT_TRUE(driver) << driver.error().sentence();
  EXPECT_EQ(driver->front(), '/');
}

TEST(OdbcDriver, AMissingDriverNamesThoseThatAreThere) {
  const auto missing = find_driver("ODBC Driver 18 for SQL Server", {"FreeTDS"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::usage);
  EXPECT_NE(missing.error().hint.find("unixODBC knows FreeTDS"), std::string::npos);
  EXPECT_FALSE(find_driver("/nowhere/libtdsodbc.so", {}));
  EXPECT_FALSE(find_driver("", {}));
}

TEST(OdbcDriver, FreetdsTakesBracesAsTheyAre) {
  const auto text = freetds_connection_string("FreeTDS", "keyturn1", login_of("a;b}}c{"));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->reveal(),
            "Driver={FreeTDS};Servername=keyturn1;Database=master;APP=keyturn;UID={sa};PWD={a;b}}c{};");
}

TEST(OdbcDriver, WhatFreetdsCannotExpressIsRefusedWithoutRepeatingIt) {
  const auto text = freetds_connection_string("FreeTDS", "keyturn1", login_of("hush};hush"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::usage);
  EXPECT_EQ(text.error().sentence().find("hush"), std::string::npos);
}

TEST(OdbcDriver, MicrosoftDoublesClosingBraces) {
  EXPECT_EQ(
      microsoft_connection_string("ODBC Driver 18 for SQL Server", "sql01", 1433, false, login_of("a}b;c"))
          .reveal(),
      "Driver={ODBC Driver 18 for SQL Server};Server={tcp:sql01,1433};Encrypt=yes;TrustServerCertificate=no;"
      "Database=master;APP=keyturn;UID={sa};PWD={a}}b;c};");
}

}  // namespace
}  // namespace keyturn::sqlserver
