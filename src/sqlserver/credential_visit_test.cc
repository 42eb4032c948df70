// Visits to the simulated SQL Server: the batches' real text, evaluated by the simulator's T-SQL.
#include "sqlserver/credential_visit.h"

#include <gtest/gtest.h>

#include "sim/faults.h"
#include "sim/sql_connector.h"
#include "sim/virtual_clock.h"
#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

using namespace std::chrono_literals;
using rotation::Standing;

const rotation::KeyPair kOld{"AKIAOLDOLDOLDOLDOLD1", SecretString("old/secret+1")};
const rotation::KeyPair kNew{"AKIANEWNEWNEWNEWNEW2", SecretString("new/secret+2")};
constexpr const char* kUrl = "s3://bucket.s3.eu-west-1.amazonaws.com/sql";

sim::ServerLogin login_with(std::set<std::string> permissions) {
  sim::ServerLogin login;
  login.name = "keyturn";
  login.password = SecretString("pass");
  login.permissions = std::move(permissions);
  return login;
}

// One server, and the controller's clock apart from the server's.
class CredentialVisitTest : public testing::Test {
 protected:
  explicit CredentialVisitTest(sim::SqlServerSettings settings = {})
      : server_(std::move(settings), server_clock_, nullptr) {
    server_.put_login(login_with({"ALTER ANY CREDENTIAL", "VIEW SERVER STATE"}));
    connector_.add("sql01", 1433, server_);
    settings_.managed.urls = {kUrl};
    settings_.login = "keyturn";
  }

  std::unique_ptr<SqlSession> connect() {
    auto session = connector_.connect({"sql01", 1433, ""}, {"keyturn", SecretString("pass")}, 10s);
    EXPECT_TRUE(session) << session.error().sentence();
    return *std::move(session);
  }
  CredentialVisit visit(SqlSession& session) { return {session, clock_, settings_, "sql01"}; }

  Result<rotation::TargetState> read_and_write(const rotation::KeyPair& key, Duration time_left = 10min) {
    const auto session = connect();
    CredentialVisit one = visit(*session);
    auto before = one.read();
    if (!before) return before;
    return one.write(key, clock_.now() + time_left);
  }
  rotation::TargetState read() {
    const auto session = connect();
    auto state = visit(*session).read();
    EXPECT_TRUE(state) << state.error().sentence();
    return state.value_or(rotation::TargetState{});
  }
  // The key id in the secret of a credential: the truth, which no client of SQL Server can see.
  std::string held(const std::string& name = kUrl) {
    const auto table = server_.credentials();
    const sim::CredentialRow* row = table.find(name);
    return row == nullptr ? "" : row->access_key_id();
  }
  void by_hand(const std::string& statement) {
    const auto session = connect();
    EXPECT_TRUE(session->run(SecretString(statement), 10s));
  }

  sim::VirtualClock clock_{parse_iso8601("2026-03-01T12:00:00Z").value()};
  sim::VirtualClock server_clock_{parse_iso8601("2026-03-01T09:17:42Z").value()};  // wrong by hours
  sim::SqlServer server_;
  sim::FaultBoard faults_;
  sim::SimSqlConnector connector_{faults_};
  VisitSettings settings_;
};

TEST_F(CredentialVisitTest, AMissingCredentialIsSeenAndMade) {
  const auto before = read();
  EXPECT_EQ(before.standing, Standing::updatable);
  ASSERT_EQ(before.credentials.size(), 1U);
  EXPECT_FALSE(before.credentials[0].exists);

  const auto after = read_and_write(kNew);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_TRUE(after->confirmed_on(kNew.id));
  EXPECT_EQ(held(), kNew.id);
  EXPECT_EQ(server_.credentials().find(kUrl)->identity, "S3 Access Key");
  EXPECT_FALSE(server_.credentials().find(marker_name(kUrl))->secret);
}

TEST_F(CredentialVisitTest, AnExistingOneIsAlteredInPlace) {
  ASSERT_TRUE(read_and_write(kOld));
  const int id = server_.credentials().find(kUrl)->id;
  server_clock_.advance(1h);
  clock_.advance(1h);
  const auto after = read_and_write(kNew);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_TRUE(after->confirmed_on(kNew.id));
  EXPECT_FALSE(after->confirmed_on(kOld.id));
  EXPECT_EQ(server_.credentials().find(kUrl)->id, id);
  EXPECT_EQ(server_.credentials().rows().size(), 2U);
}

TEST_F(CredentialVisitTest, DatesAreOnTheControllersClock) {
  ASSERT_TRUE(read_and_write(kOld));
  const TimePoint written = clock_.now();
  server_clock_.advance(1h);
  clock_.advance(1h);
  const auto state = read();
  EXPECT_LE(std::chrono::abs(state.credentials.at(0).modified_at - written), 10ms);
}

TEST_F(CredentialVisitTest, AllManagedNamesAreOneTransaction) {
  by_hand("CREATE CREDENTIAL [s3://other/a] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIAX:y';");
  settings_.managed.patterns = {"s3://other/*"};
  const auto after = read_and_write(kNew);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_EQ(after->credentials.size(), 2U);
  EXPECT_EQ(held("s3://other/a"), kNew.id);
  EXPECT_EQ(held(), kNew.id);
}

TEST_F(CredentialVisitTest, AlteredByHandAfterTheMarkerIsNotConfirmed) {
  ASSERT_TRUE(read_and_write(kNew));
  server_clock_.advance(1s);
  by_hand(std::string("ALTER CREDENTIAL [") + kUrl +
          "] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIAHAND:x';");
  EXPECT_FALSE(read().confirmed_on(kNew.id));
}

TEST_F(CredentialVisitTest, AWriteGivesWayToOneThatCameBetween) {
  ASSERT_TRUE(read_and_write(kOld));
  const auto session = connect();
  CredentialVisit late = visit(*session);
  ASSERT_TRUE(late.read());
  server_clock_.advance(1s);
  ASSERT_TRUE(read_and_write(kNew));

  const auto refused = late.write(kOld, clock_.now() + 10min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "50002") << refused.error().sentence();
  EXPECT_EQ(refused.error().effect, Effect::none);
  EXPECT_EQ(held(), kNew.id);
  EXPECT_TRUE(read().confirmed_on(kNew.id));
}

TEST_F(CredentialVisitTest, ACreateGivesWayToOneThatCameBetween) {
  const auto session = connect();
  CredentialVisit late = visit(*session);
  ASSERT_TRUE(late.read());
  ASSERT_TRUE(read_and_write(kNew));
  const auto refused = late.write(kOld, clock_.now() + 10min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "50002");
  EXPECT_EQ(held(), kNew.id);
}

TEST_F(CredentialVisitTest, TheServerRefusesAWriteAfterTheDeadlineWhateverItsClockSays) {
  ASSERT_TRUE(read_and_write(kOld));
  const auto session = connect();
  CredentialVisit late = visit(*session);
  ASSERT_TRUE(late.read());
  server_clock_.advance(11min);  // the batch arrives late
  const auto refused = late.write(kNew, clock_.now() + 10min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "50001") << refused.error().sentence();
  EXPECT_EQ(held(), kOld.id);
}

TEST_F(CredentialVisitTest, AnErrorInMidTransactionChangesNothing) {
  by_hand("CREATE CREDENTIAL [s3://other/a] WITH IDENTITY = 'S3 Access Key', SECRET = 'AKIAX:y';");
  settings_.managed.urls = {kUrl, "s3://other/a"};
  const auto session = connect();
  CredentialVisit one = visit(*session);
  ASSERT_TRUE(one.read());
  faults_.add({"tds:sql01:commit", sim::FaultKind::refuse, 0, 1, 0ms});
  const auto refused = one.write(kNew, clock_.now() + 10min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(held(), "");
  EXPECT_EQ(held("s3://other/a"), "AKIAX");
  EXPECT_EQ(server_.credentials().rows().size(), 1U);
}

TEST_F(CredentialVisitTest, ALostReplyIsOfUnknownEffectAndTheNextReadTells) {
  const auto session = connect();
  CredentialVisit one = visit(*session);
  ASSERT_TRUE(one.read());
  faults_.add({"tds:sql01:query", sim::FaultKind::reply_lost, 0, 1, 0ms});
  const auto lost = one.write(kNew, clock_.now() + 10min);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().effect, Effect::unknown);
  EXPECT_TRUE(read().confirmed_on(kNew.id));
}

TEST_F(CredentialVisitTest, WithoutPermissionTheTargetIsReadOnlyAndNothingIsWritten) {
  ASSERT_TRUE(read_and_write(kOld));
  server_.put_login(login_with({}));
  const auto state = read();
  EXPECT_EQ(state.standing, Standing::read_only);
  EXPECT_NE(state.reason.find("GRANT ALTER ANY CREDENTIAL TO [keyturn]"), std::string::npos);
  EXPECT_EQ(held(), kOld.id);
}

TEST_F(CredentialVisitTest, LongAndOddNamesGoThrough) {
  const std::string odd = "s3://bucket/it's]odd";
  const std::string longest = "s3://" + std::string(123, 'b');
  settings_.managed.urls = {odd, longest};
  const auto after = read_and_write(kNew);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_TRUE(after->confirmed_on(kNew.id));
  EXPECT_EQ(held(odd), kNew.id);
  EXPECT_EQ(held(longest), kNew.id);
}

TEST_F(CredentialVisitTest, AKeyThatSqlCanNotHoldNeverReachesTheServer) {
  const auto session = connect();
  CredentialVisit one = visit(*session);
  ASSERT_TRUE(one.read());
  const auto refused = one.write({kNew.id, SecretString("a:b'c")}, clock_.now() + 10min);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_TRUE(server_.credentials().rows().empty());
}

TEST_F(CredentialVisitTest, NothingToManageIsSaid) {
  settings_.managed = {};
  const auto refused = read_and_write(kNew);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
}

sim::SqlServerSettings version_of(const std::string& version, const std::string& edition) {
  sim::SqlServerSettings settings;
  settings.product_version = version;
  settings.edition = edition;
  settings.utc_offset = std::chrono::minutes{-330};
  return settings;
}

class OldServerTest : public CredentialVisitTest {
 protected:
  OldServerTest() : CredentialVisitTest(version_of("15.0.4360.2", "Enterprise Edition (64-bit)")) {}
};
TEST_F(OldServerTest, IsSkipped) { EXPECT_EQ(read().standing, Standing::skipped); }

class ExpressTest : public CredentialVisitTest {
 protected:
  ExpressTest() : CredentialVisitTest(version_of("16.0.4085.2", "Express Edition (64-bit)")) {}
};
TEST_F(ExpressTest, IsSkipped) { EXPECT_EQ(read().standing, Standing::skipped); }

class NewServerElsewhereTest : public CredentialVisitTest {
 protected:
  NewServerElsewhereTest() : CredentialVisitTest(version_of("17.0.1000.7", "Standard Edition (64-bit)")) {}
};
TEST_F(NewServerElsewhereTest, IsWrittenWhateverItsTimeZone) {
  const auto after = read_and_write(kNew);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_TRUE(after->confirmed_on(kNew.id));
  EXPECT_LE(std::chrono::abs(after->credentials.at(0).modified_at - clock_.now()), 10ms);
}

}  // namespace
}  // namespace keyturn::sqlserver
