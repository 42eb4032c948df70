#include "sqlserver/microsoft_driver.h"

#include <gtest/gtest.h>

namespace keyturn::sqlserver {
namespace {

constexpr const char* k18 = "ODBC Driver 18 for SQL Server";
const SqlAddress kTcp{"sql01", 1433, ""};
const SqlAddress kSharedMemory{"localhost", 0, "PAYROLL", "lpc:(local)\\PAYROLL"};

SqlLogin login_of(const std::string& password) { return {"sa", SecretString(password)}; }
SqlLogin integrated() { return {"NT AUTHORITY\\SYSTEM", {}, true}; }

TEST(MicrosoftDriver, EncryptsAndDoublesClosingBraces) {
  EXPECT_EQ(microsoft_connection_string(k18, kTcp, login_of("a}b;c"), false).reveal(),
            "Driver={ODBC Driver 18 for SQL Server};Server={tcp:sql01,1433};Encrypt=yes;"
            "TrustServerCertificate=no;Database=master;APP=keyturn;UID={sa};PWD={a}}b;c};");
}

TEST(MicrosoftDriver, OverSharedMemoryAsTheAccountThatRunsIt) {
  EXPECT_EQ(microsoft_connection_string(k18, kSharedMemory, integrated(), true).reveal(),
            "Driver={ODBC Driver 18 for SQL Server};Server={lpc:(local)\\PAYROLL};Encrypt=yes;"
            "TrustServerCertificate=yes;Database=master;APP=keyturn;Trusted_Connection=yes;");
}

TEST(MicrosoftDriver, TheOneOfWindowsKnowsNeitherPrefixForTcpNorTrust) {
  EXPECT_EQ(windows_own_connection_string("SQL Server", kTcp, login_of("p;w"), true).reveal(),
            "Driver={SQL Server};Server=sql01,1433;Network=DBMSSOCN;Encrypt=yes;Database=master;"
            "APP=keyturn;UID={sa};PWD={p;w};");
  EXPECT_EQ(windows_own_connection_string("SQL Server", kSharedMemory, integrated(), false).reveal(),
            "Driver={SQL Server};Server=lpc:(local)\\PAYROLL;Database=master;APP=keyturn;"
            "Trusted_Connection=yes;");
}

TEST(MicrosoftDriver, APathOnLinuxStandsAsItIs) {
  EXPECT_EQ(driver_keyword("/opt/lib.so"), "Driver=/opt/lib.so;");
}

std::string text_of(const std::string& name, bool trust, bool same_machine) {
  OdbcSettings settings;
  settings.trust_server_certificate = trust;
  settings.same_machine = same_machine;
  const auto driver = open_microsoft(name, settings, "");
  if (!driver) return driver.error().message;
  return std::string((*driver)->connection_text(kTcp, integrated(), Duration{1000})->text.reveal());
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST(MicrosoftDriver, TheOneOfWindowsLeavesEncryptionOutOnTheSameMachineOnly) {
  EXPECT_TRUE(holds(text_of("SQL Server", false, false), "Encrypt=yes"));
  EXPECT_TRUE(holds(text_of("SQL Server", false, true), "Encrypt=yes"));
  EXPECT_FALSE(holds(text_of("SQL Server", true, true), "Encrypt"));
  EXPECT_TRUE(holds(text_of("SQL Server", true, false), "can't be told to take any certificate"));
}

TEST(MicrosoftDriver, TheOthersAlwaysEncrypt) {
  for (const bool trust : {false, true})
    for (const bool same_machine : {false, true})
      EXPECT_TRUE(holds(text_of(k18, trust, same_machine),
                        "Encrypt=yes;TrustServerCertificate=" + std::string(trust ? "yes;" : "no;")));
}

TEST(MicrosoftDriver, TakesNoFileOfCas) {
  OdbcSettings settings;
  settings.ca_file = "C:\\ca.pem";
  const auto refused = open_microsoft(k18, settings, "do this.");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().hint, "Leave sql.ca_file out and do this.");
}

}  // namespace
}  // namespace keyturn::sqlserver
