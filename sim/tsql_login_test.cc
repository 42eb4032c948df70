// Logins: who may make, change and drop them, and which password lets in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/tsql_testing.h"
#include "sqlserver/login_password.h"

namespace keyturn::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Logins : public ::testing::Test {
 protected:
  Logins() { world_.server.put_login(administrator()); }
  static ServerLogin administrator() {
    ServerLogin login = test_login("dba", {});
    login.sysadmin = true;
    return login;
  }
  std::vector<std::string> as(const std::string& login, const std::string& batch) {
    return lines(*world_.session(login), batch);
  }
  bool lets_in(const std::string& login, const std::string& password) {
    return world_.server.authenticate(login, SecretString(password)).has_value();
  }

  TestServer world_;
};

std::string hex(std::string_view bytes) {
  std::string text = "0x";
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    text += kDigits[static_cast<unsigned char>(c) >> 4U];
    text += kDigits[static_cast<unsigned char>(c) & 0xFU];
  }
  return text;
}

TEST_F(Logins, AreMadeGrantedAndDropped) {
  EXPECT_THAT(
      as("dba",
         "CREATE LOGIN [k] WITH PASSWORD = N'Sound-Passw0rd', SID = 0x0102030405060708090A0B0C0D0E0F10, "
         "DEFAULT_DATABASE = [master], CHECK_EXPIRATION = OFF, CHECK_POLICY = ON;\n"
         "GRANT ALTER ANY CREDENTIAL, VIEW SERVER STATE TO [k];"),
      IsEmpty());
  EXPECT_TRUE(lets_in("k", "Sound-Passw0rd"));
  EXPECT_FALSE(lets_in("k", "sound-passw0rd"));
  EXPECT_TRUE(world_.server.find_login("K")->may("ALTER ANY CREDENTIAL"));
  EXPECT_THAT(as("dba",
                 "SELECT CONVERT(varchar(40), SUSER_SID(N'k'), 1), CASE WHEN SUSER_ID(N'K') IS NULL THEN 0 "
                 "ELSE 1 END, SUSER_ID(N'none')"),
              ElementsAre("row 0x0102030405060708090A0B0C0D0E0F10|1|NULL"));
  EXPECT_THAT(as("dba", "REVOKE VIEW SERVER STATE FROM [k]; DENY ALTER ANY CREDENTIAL TO [k]"), IsEmpty());
  EXPECT_FALSE(world_.server.find_login("k")->may("ALTER ANY CREDENTIAL"));
  EXPECT_THAT(as("dba", "DROP LOGIN [k]"), IsEmpty());
  EXPECT_FALSE(lets_in("k", "Sound-Passw0rd"));
}

TEST_F(Logins, TakeTheHashThatSqlServerKeeps) {
  // The sample of hashcat's mode 1731, which others computed.
  const std::string hash =
      "0x02000102030434ea1b17802fd95ea6316bd61d2c94622ca3812793e8fb1672487b5c904a45a31b2ab4a78890d563d2fcf566"
      "3e46"
      "fe797d71550494be50cf4915d3f4d55ec375";
  EXPECT_THAT(as("dba", "CREATE LOGIN [k] WITH PASSWORD = " + hash + " HASHED"), IsEmpty());
  EXPECT_TRUE(lets_in("k", "hashcat"));
  EXPECT_FALSE(lets_in("k", "hashcat1"));
  const std::string other =
      hex(sqlserver::login_password_hash(SecretString("Wörter und Zeichen"), {5, 6, 7, 8}));
  EXPECT_THAT(as("dba", "ALTER LOGIN [k] WITH PASSWORD = " + other + " HASHED"), IsEmpty());
  EXPECT_TRUE(lets_in("k", "Wörter und Zeichen"));
  EXPECT_THAT(
      as("dba", "ALTER LOGIN [k] WITH PASSWORD = 0x0200 HASHED"),
      ElementsAre("15021: Invalid value given for parameter PASSWORD. Specify a valid parameter value."));
}

TEST_F(Logins, RefuseWhatAServerRefuses) {
  EXPECT_THAT(as("rotator", "CREATE LOGIN [k] WITH PASSWORD = 'Sound-Passw0rd'"),
              ElementsAre("15247: User does not have permission to perform this action."));
  EXPECT_THAT(as("dba", "CREATE LOGIN [k] WITH PASSWORD = 'simple'"),
              ElementsAre(::testing::StartsWith("15118: Password validation failed.")));
  EXPECT_THAT(as("dba", "CREATE LOGIN [rotator] WITH PASSWORD = 'Sound-Passw0rd'"),
              ElementsAre("15025: The server principal 'rotator' already exists."));
  EXPECT_THAT(as("dba", "CREATE LOGIN [k] WITH PASSWORD = 'Sound-Passw0rd', SID = 0x01"),
              ElementsAre("15419: Supplied parameter sid should be binary(16)."));
  EXPECT_THAT(as("dba", "CREATE LOGIN [k] WITH SID = 0x01"),
              ElementsAre("102: Incorrect syntax near 'SID'."));
  EXPECT_THAT(as("dba", "DROP LOGIN [none]"),
              ElementsAre("15151: Cannot drop the login 'none', because it does not exist or you do not have "
                          "permission."));
  EXPECT_THAT(as("dba", "GRANT ALTER ANY CREDENTIAL TO [none]"),
              ElementsAre("15151: Cannot find the login 'none', because it does not exist or you do not have "
                          "permission."));
  EXPECT_THAT(as("rotator", "GRANT ALTER ANY CREDENTIAL TO [rotator]"),
              ElementsAre("4613: Grantor does not have GRANT permission."));
  EXPECT_THAT(
      as("dba", "USE msdb; GRANT ALTER ANY CREDENTIAL TO [rotator]"),
      ElementsAre("database msdb",
                  "4621: Permissions at the server scope can only be granted when the current database "
                  "is master"));
}

TEST_F(Logins, ChangeTheirOwnPasswordWhenTheyKnowTheOldOne) {
  EXPECT_THAT(as("rotator", "ALTER LOGIN [rotator] WITH PASSWORD = 'Next-Passw0rd'"),
              ElementsAre(::testing::StartsWith("15151: ")));
  EXPECT_THAT(as("rotator", "ALTER LOGIN [rotator] WITH PASSWORD = 'Next-Passw0rd' OLD_PASSWORD = 'wrong'"),
              ElementsAre(::testing::StartsWith("15151: ")));
  EXPECT_THAT(as("rotator", "ALTER LOGIN [admin] WITH PASSWORD = 'Next-Passw0rd' OLD_PASSWORD = 'pw'"),
              ElementsAre(::testing::StartsWith("15151: ")));
  EXPECT_TRUE(lets_in("rotator", "pw"));
  EXPECT_THAT(as("rotator", "ALTER LOGIN [rotator] WITH PASSWORD = 'Next-Passw0rd' OLD_PASSWORD = 'pw'"),
              IsEmpty());
  EXPECT_TRUE(lets_in("rotator", "Next-Passw0rd"));
  EXPECT_FALSE(lets_in("rotator", "pw"));
}

TEST_F(Logins, ThatAreInUseStay) {
  const auto session = world_.session("rotator");
  EXPECT_THAT(as("dba", "DROP LOGIN [rotator]"),
              ElementsAre("15434: Could not drop login 'rotator' as the user is currently logged in."));
}

TEST_F(Logins, OfWindowsHaveNoPassword) {
  EXPECT_THAT(as("dba", "CREATE LOGIN [NT AUTHORITY\\SYSTEM] FROM WINDOWS"), IsEmpty());
  EXPECT_FALSE(lets_in("NT AUTHORITY\\SYSTEM", ""));
}

TEST_F(Logins, AreDisabledAndUnlocked) {
  EXPECT_THAT(as("dba", "ALTER LOGIN [rotator] DISABLE"), IsEmpty());
  EXPECT_FALSE(lets_in("rotator", "pw"));
  EXPECT_THAT(as("dba", "ALTER LOGIN [rotator] ENABLE"), IsEmpty());
  EXPECT_TRUE(lets_in("rotator", "pw"));
}

}  // namespace
}  // namespace keyturn::sim
