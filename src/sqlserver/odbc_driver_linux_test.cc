#include <gtest/gtest.h>

#include "sqlserver/freetds_driver_linux.h"

namespace keyturn::sqlserver {
namespace {

SqlLogin login_of(const std::string& password) { return {"sa", SecretString(password)}; }

OdbcSettings named(const std::string& driver) {
  OdbcSettings settings;
  settings.driver = driver;
  return settings;
}

TEST(LinuxDriver, FreetdsIsFoundWithoutRegistrationAndIsTheUsualOne) {
  for (const char* name : {"", "FreeTDS"}) {
    const auto driver = open_driver(named(name), {});
    ASSERT_TRUE(driver) << driver.error().sentence();
    const auto text = (*driver)->connection_text({"sql01", 1433, ""}, login_of("x"), Duration{1000});
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->text.reveal().starts_with("Driver=/")) << "by its path";
  }
}

TEST(LinuxDriver, AMissingOneNamesThoseThatAreThere) {
  const auto missing = open_driver(named("ODBC Driver 18 for SQL Server"), {"FreeTDS"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::usage);
  EXPECT_NE(missing.error().hint.find("It knows FreeTDS"), std::string::npos);
  EXPECT_FALSE(open_driver(named("/nowhere/libtdsodbc.so"), {}));
}

TEST(LinuxDriver, MicrosoftsTakesNoFileOfCas) {
  OdbcSettings settings = named("ODBC Driver 18 for SQL Server");
  EXPECT_TRUE(open_driver(settings, {settings.driver}));
  settings.ca_file = "/etc/ca.pem";
  const auto refused = open_driver(settings, {settings.driver});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().hint.find("SSL_CERT_FILE"), std::string::npos) << refused.error().hint;
}

TEST(LinuxDriver, FreetdsKnowsNoSharedMemory) {
  const auto driver = open_driver(named(""), {});
  ASSERT_TRUE(driver);
  const SqlAddress address{"", 0, "PAYROLL", "lpc:(local)\\PAYROLL"};
  EXPECT_FALSE((*driver)->connection_text(address, login_of("x"), Duration{1000}));
}

TEST(LinuxDriver, FreetdsTakesBracesAsTheyAre) {
  const auto text = freetds_connection_string("FreeTDS", "keyturn1", login_of("a;b}}c{"));
  ASSERT_TRUE(text);
  EXPECT_EQ(text->reveal(),
            "Driver={FreeTDS};Servername=keyturn1;Database=master;APP=keyturn;UID={sa};PWD={a;b}}c{};");
}

TEST(LinuxDriver, WhatFreetdsCannotExpressIsRefusedWithoutRepeatingIt) {
  const auto text = freetds_connection_string("FreeTDS", "keyturn1", login_of("hush};hush"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, ErrorKind::usage);
  EXPECT_EQ(text.error().sentence().find("hush"), std::string::npos);
}

}  // namespace
}  // namespace keyturn::sqlserver
