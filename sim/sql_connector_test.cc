#include "sim/sql_connector.h"

#include <gtest/gtest.h>

#include "sim/tsql_testing.h"

namespace keyturn::sim {
namespace {

class Connector : public ::testing::Test {
 protected:
  Connector() { connector_.add("host", 1433, sql_.server); }
  auto connect(const std::string& password = "pw") {
    return connector_.connect({"host", 1433, ""}, {"admin", SecretString(password)}, Duration{5'000});
  }
  auto run(sqlserver::SqlSession& session, const std::string& text) {
    return session.run(SecretString(text), Duration{5'000});
  }
  void fault(const std::string& match, FaultKind kind) {
    Fault one;
    one.match = match;
    one.kind = kind;
    faults_.add(one);
  }
  bool exists() { return sql_.server.credentials().find("c") != nullptr; }

  TestServer sql_;
  FaultBoard faults_;
  CallLog calls_;
  SimSqlConnector connector_{faults_, &calls_};
};

const std::string kCommit = "BEGIN TRAN; CREATE CREDENTIAL c WITH IDENTITY = 'x'; COMMIT";

TEST_F(Connector, RunsBatches) {
  auto session = connect();
  ASSERT_TRUE(session);
  const auto results = run(**session, "SELECT 1 AS a, NULL AS b; SELECT N'x'");
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[0].columns, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((*results)[0].rows[0], (sqlserver::SqlRow{"1", std::nullopt}));
  const auto refused = run(**session, "DROP CREDENTIAL nope");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "15151");
}

TEST_F(Connector, LoginFailures) {
  EXPECT_EQ(connect("wrong").error().code, "18456");
  EXPECT_EQ(connector_.connect({"elsewhere", 1, ""}, {"admin", SecretString("pw")}, Duration{1}).error().kind,
            ErrorKind::unavailable);
  fault("tds:sql01:login", FaultKind::hang);
  const TimePoint before = sql_.clock.now();
  EXPECT_EQ(connect().error().kind, ErrorKind::timed_out);
  EXPECT_EQ(sql_.clock.now() - before, Duration{5'000});
}

TEST_F(Connector, ALostReplyOfCommitIsAppliedAndUnknown) {
  auto session = connect();
  fault("tds:sql01:commit", FaultKind::reply_lost);
  const auto result = run(**session, kCommit);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().effect, Effect::unknown);
  EXPECT_TRUE(exists());
  EXPECT_FALSE(run(**session, "SELECT 1"));  // the connection is gone
}

TEST_F(Connector, AHangAtCommitAppliesNothingAndFreesTheLocks) {
  auto session = connect();
  fault("tds:sql01:commit", FaultKind::hang);
  EXPECT_FALSE(run(**session, kCommit));
  EXPECT_FALSE(exists());
  auto other = connect();
  EXPECT_TRUE(run(**other, kCommit));
  EXPECT_TRUE(exists());
}

TEST_F(Connector, ARefusedCommitRollsBack) {
  auto session = connect();
  fault("tds:sql01:commit", FaultKind::error_5xx);
  EXPECT_EQ(run(**session, kCommit).error().code, "9002");
  EXPECT_FALSE(exists());
  EXPECT_TRUE(run(**session, kCommit));
}

TEST_F(Connector, AServerThatGoesDownBreaksItsSessions) {
  auto session = connect();
  connector_.set_reachable(sql_.server, false);
  EXPECT_FALSE(run(**session, "SELECT 1"));
  EXPECT_FALSE(connect());
  connector_.set_reachable(sql_.server, true);
  EXPECT_TRUE(connect());
}

}  // namespace
}  // namespace keyturn::sim
