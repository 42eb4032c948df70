#include "sqlserver/errors.h"

#include <gtest/gtest.h>

namespace keyturn::sqlserver {
namespace {

Error connecting(const std::vector<Diagnostic>& diagnostics) {
  return error_of(diagnostics, "sql01:1433", Doing::connecting);
}
Error running(const std::vector<Diagnostic>& diagnostics) {
  return error_of(diagnostics, "sql01:1433", Doing::running);
}

TEST(SqlErrors, AWrongPasswordIsDeniedWithEitherDriversState) {
  for (const char* state : {"42000", "28000"}) {
    const Error error =
        connecting({{state, 18456, "[FreeTDS][SQL Server]Anmeldung fehlgeschlagen."}, {"08001", 0, "x"}});
    EXPECT_EQ(error.kind, ErrorKind::denied);
    EXPECT_EQ(error.code, "18456");
    EXPECT_EQ(error.effect, Effect::none);
    EXPECT_NE(error.message.find("sql01:1433"), std::string::npos);
    EXPECT_NE(error.message.find("Anmeldung fehlgeschlagen."), std::string::npos);
    EXPECT_EQ(error.message.find("[FreeTDS]"), std::string::npos);
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(SqlErrors, FreeTdssOwnNumbersAreNotTheServers) {
  const Error error = connecting({{"08S01", 20009, "Unable to connect"}, {"08001", 0, "Unable to connect"}});
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_EQ(error.code, "");
  EXPECT_NE(error.message.find("no program takes connections"), std::string::npos);
}

TEST(SqlErrors, MicrosoftsSocketNumbersAreNotTheServers) {
  EXPECT_EQ(connecting({{"08001", 10061, "refused"}}).code, "");
  EXPECT_NE(connecting({{"08001", 10061, "refused"}}).message.find("no program takes connections"),
            std::string::npos);
}

// As Driver 18 reports on Linux: first that the time is over, then why.
std::vector<Diagnostic> after_login_timeout(int native) {
  return {{"HYT00", 0, "[Microsoft][ODBC Driver 18 for SQL Server]Login timeout expired"},
          {"08001", native, "[Microsoft][ODBC Driver 18 for SQL Server]TCP Provider: Error code 0x2749"},
          {"08001", native, "A network-related or instance-specific error has occurred"}};
}

TEST(SqlErrors, MicrosoftsDriverNamesTheCauseBesideItsTimeOut) {
  for (const int refused : {10061, 10057, 1225, 2, 53}) {
    EXPECT_EQ(connecting(after_login_timeout(refused)).kind, ErrorKind::unavailable) << refused;
    EXPECT_EQ(connecting(after_login_timeout(refused)).code, "") << refused;
  }
  EXPECT_NE(connecting(after_login_timeout(11001)).message.find("name can't be resolved"), std::string::npos);
  EXPECT_EQ(connecting(after_login_timeout(10060)).kind, ErrorKind::timed_out);
}

TEST(SqlErrors, ASilentServerIsATimeOutOfMicrosoftsDriverToo) {
  const Error error = connecting({{"08001", 258, "TCP Provider: Timeout error [258]. "}});
  EXPECT_EQ(error.kind, ErrorKind::timed_out);
  EXPECT_EQ(error.code, "");
  EXPECT_EQ(running({{"08S01", 258, "Timeout error"}}).kind, ErrorKind::timed_out);
}

TEST(SqlErrors, CertificatesThatWindowsRefusesAreNamedAsSuch) {
  const Error error =
      connecting({{"08001", -2146893019, "SSL Provider: The certificate chain was issued by"}});
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_NE(error.hint.find("certificate"), std::string::npos);
}

TEST(SqlErrors, WithoutKerberosWindowsAuthenticationIsToldApart) {
  for (const int native : {-2146893042, 458752}) {  // on Windows, and of Kerberos's library on Linux
    const Error error = connecting({{"HY000", native, "SSPI Provider: No credentials are available"}});
    EXPECT_EQ(error.kind, ErrorKind::denied);
    EXPECT_NE(error.hint.find("SPN"), std::string::npos);
  }
}

TEST(SqlErrors, AnAccountThatIsRefusedIsToldWhatLetsItIn) {
  const auto refused = [](const std::string& text) {
    return with_account(connecting({{"28000", 18456, text}}), "NT AUTHORITY\\SYSTEM").hint;
  };
  EXPECT_NE(refused("Anmeldung fehlgeschlagen.")
                .find("CREATE LOGIN [NT AUTHORITY\\SYSTEM] FROM WINDOWS; GRANT ALTER ANY CREDENTIAL TO "
                      "[NT AUTHORITY\\SYSTEM];"),
            std::string::npos);
  EXPECT_NE(refused("Login failed for user 'CORP\\SQL]01$'.").find("CREATE LOGIN [CORP\\SQL]]01$]"),
            std::string::npos);
  const Error other = connecting({{"08001", 10061, "refused"}});
  EXPECT_EQ(with_account(other, "A\\B").hint, other.hint);
}

TEST(SqlErrors, TimeOutsWhileLoggingInChangeNothingWhileRunningTheyMay) {
  const std::vector<Diagnostic> timeout{{"HYT00", 0, "Timeout expired"}, {"08001", 0, "Unable to connect"}};
  EXPECT_EQ(connecting(timeout).kind, ErrorKind::timed_out);
  EXPECT_EQ(connecting(timeout).effect, Effect::none);
  EXPECT_EQ(running(timeout).kind, ErrorKind::timed_out);
  EXPECT_EQ(running(timeout).effect, Effect::unknown);
}

TEST(SqlErrors, ALostConnectionLeavesTheEffectUnknown) {
  const Error error = running({{"08S01", 20006, "Write to the server failed"}});
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_EQ(error.effect, Effect::unknown);
  EXPECT_EQ(
      running({{"42000", 596, "Cannot continue the execution because the session is in the kill state."}})
          .effect,
      Effect::unknown);
  // 1222 is a lock time-out of SQL Server, and Windows's "the network is not present".
  EXPECT_EQ(running({{"08S01", 1222, "Communication link failure"}}).effect, Effect::unknown);
  EXPECT_EQ(running({{"42000", 9002, "Log full"}, {"08S01", 10054, "Communication link failure"}}).effect,
            Effect::unknown);
}

TEST(SqlErrors, TheGuardsOwnNumbersSayThatNothingWasWritten) {
  EXPECT_EQ(running({{"42000", 50001, "keyturn: …"}}).kind, ErrorKind::past_deadline);
  EXPECT_EQ(running({{"42000", 50002, "keyturn: …"}}).kind, ErrorKind::conflict);
  EXPECT_EQ(running({{"42000", 50003, "keyturn: …"}}).kind, ErrorKind::conflict);
  for (const int number : {50001, 50002, 50003}) {
    EXPECT_EQ(running({{"42000", number, ""}}).effect, Effect::none);
    EXPECT_NE(running({{"42000", number, ""}}).message.find("not written"), std::string::npos);
  }
}

TEST(SqlErrors, AMissingPermissionSaysWhatToType) {
  for (const int number : {15151, 15247}) {
    EXPECT_NE(running({{"42000", number, "…"}}).hint.find("GRANT ALTER ANY CREDENTIAL"), std::string::npos);
  }
}

TEST(SqlErrors, InformationIsNotAnError) {
  const Error error =
      connecting({{"01000", 5701, "Changed database context"}, {"HYT00", 0, "Timeout expired"}});
  EXPECT_EQ(error.kind, ErrorKind::timed_out);
}

TEST(SqlErrors, AnUnknownNumberIsQuoted) {
  const Error error = running({{"42000", 9002, "The transaction log is full."}});
  EXPECT_EQ(error.code, "9002");
  EXPECT_NE(error.message.find("The transaction log is full."), std::string::npos);
}

TEST(SqlErrors, EvenNothingAtAllIsASentence) {
  EXPECT_FALSE(connecting({}).message.empty());
  EXPECT_FALSE(running({}).message.empty());
}

TEST(SqlErrors, OfABackupThatEndedAbnormallyTellTheCauseInWhicheverOrderADriverListsThem) {
  const Diagnostic cause{"42000", 262, "BACKUP DATABASE permission denied in database 'master'."};
  const Diagnostic end{"42000", 3013, "BACKUP DATABASE is terminating abnormally."};
  for (const auto& listed : {std::vector{cause, end}, std::vector{end, cause}})
    EXPECT_EQ(error_of(listed, "sql01", Doing::running).code, "262");
  EXPECT_EQ(error_of({end}, "sql01", Doing::running).code, "3013");
}

}  // namespace
}  // namespace keyturn::sqlserver
