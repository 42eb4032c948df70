#include "sqlserver/target_snapshot.h"

#include <gtest/gtest.h>

namespace keyturn::sqlserver {
namespace {

using rotation::Standing;

constexpr const char* kLocalNow = "2026-03-01T14:00:00.000";  // two hours ahead of UTC
const TimePoint kReadAt =
    parse_iso8601("2026-03-01T12:03:00Z").value();  // and the controller is some minutes off

struct Server {
  std::string version = "16.0.4085.2";
  std::string engine_edition = "3";
  std::string edition = "Developer Edition (64-bit)";
  std::string may_alter = "1";
  std::string may_see_backups = "1";
  std::string utc_now = "2026-03-01T12:00:00.0000000";
  std::vector<SqlRow> credentials;
  std::vector<SqlRow> backups;
};

std::vector<ResultSet> answer_of(const Server& server) {
  return {{{"product_version", "engine_edition", "edition", "machine_name", "server_name", "instance_name",
            "may_alter", "may_see_backups", "local_now", "utc_now"},
           {{server.version, server.engine_edition, server.edition, "SQL01", "SQL01", std::nullopt,
             server.may_alter, server.may_see_backups, kLocalNow, server.utc_now}}},
          {{"name", "identity", "modified"}, server.credentials},
          {{"started"}, server.backups}};
}

TargetSnapshot snapshot_of(const Server& server) {
  auto snapshot = parse_snapshot(answer_of(server), kReadAt, "sql01:1433");
  EXPECT_TRUE(snapshot) << snapshot.error().message;
  return snapshot.value_or(TargetSnapshot{});
}

rotation::TargetState state_of(const Server& server, const ManagedNames& managed) {
  return target_state(snapshot_of(server), managed, "sql01", "keyturn]login");
}

TEST(TargetSnapshot, DatesAreConvertedByTheirAge) {
  Server server;
  server.credentials = {{"s3://b", "S3 Access Key", "2026-03-01T13:00:00"},
                        {"keyturn:s3://b", "AKIA1", "2026-03-01T13:00:00.003"}};
  server.backups = {{"2026-03-01T13:59:00.500"}};
  const auto state = state_of(server, {{"s3://b"}, {}});
  ASSERT_EQ(state.credentials.size(), 1U);
  EXPECT_EQ(state.credentials[0].modified_at, kReadAt - std::chrono::hours{1});
  EXPECT_TRUE(state.confirmed_on("AKIA1"));
  ASSERT_EQ(state.backups.size(), 1U);
  EXPECT_EQ(state.backups[0].started_at, kReadAt - Duration{59500});
}

TEST(TargetSnapshot, ADeadlineIsMovedToTheServersClock) {
  EXPECT_EQ(snapshot_of({}).on_server_clock(kReadAt + std::chrono::minutes{10}), "2026-03-01T12:10:00");
}

TEST(TargetSnapshot, AClockThatIsFarOffIsAWarning) {
  Server server;
  server.utc_now = "2026-03-01T12:23:00.0000000";
  EXPECT_EQ(state_of(server, {{"s3://b"}, {}}).warnings.at(0),
            "Its clock is 20m ahead: S3 refuses this server's backups, since it takes no more than fifteen "
            "minutes.");
  server.utc_now = "2026-03-01T11:57:00.0000000";
  EXPECT_TRUE(state_of(server, {{"s3://b"}, {}}).warnings.at(0).starts_with("Its clock is 6m behind"));
}

TEST(TargetSnapshot, AnAlterationAfterTheMarkerIsNoConfirmation) {
  Server server;
  server.credentials = {{"s3://b", "S3 Access Key", "2026-03-01T13:00:00.007"},
                        {"keyturn:s3://b", "AKIA1", "2026-03-01T13:00:00.003"}};
  EXPECT_FALSE(state_of(server, {{"s3://b"}, {}}).confirmed_on("AKIA1"));
}

TEST(TargetSnapshot, ManagedNamesAreTheUrlsAndWhatMatchesAPattern) {
  Server server;
  server.credentials = {{"S3://Host/a", "S3 Access Key", kLocalNow},
                        {"s3://host/b/x", "S3 Access Key", kLocalNow},
                        {"s3://other/c", "S3 Access Key", kLocalNow}};
  const auto names = guarded_names(snapshot_of(server), {{"s3://host/a", "s3://host/new"}, {"s3://host/*"}});
  ASSERT_EQ(names.size(), 3U);
  EXPECT_EQ(names[0].name, "S3://Host/a");  // as the server spells it
  EXPECT_TRUE(names[0].credential);
  EXPECT_EQ(names[1].name, "s3://host/new");
  EXPECT_FALSE(names[1].credential);
  EXPECT_EQ(names[2].name, "s3://host/b/x");
}

TEST(TargetSnapshot, OldVersionsAndExpressAreSkippedWithTheReason) {
  Server server;
  server.version = "15.0.4360.2";
  auto state = state_of(server, {{"s3://b"}, {}});
  EXPECT_EQ(state.standing, Standing::skipped);
  EXPECT_NE(state.reason.find("15.0.4360.2"), std::string::npos);
  EXPECT_TRUE(state.credentials.empty());

  server = {};
  server.engine_edition = "4";
  server.edition = "Express Edition (64-bit)";
  state = state_of(server, {{"s3://b"}, {}});
  EXPECT_EQ(state.standing, Standing::skipped);
  EXPECT_NE(state.reason.find("Express"), std::string::npos);

  server = {};
  server.version = "17.0.1000.7";
  EXPECT_EQ(state_of(server, {{"s3://b"}, {}}).standing, Standing::updatable);
}

TEST(TargetSnapshot, AMissingPermissionSaysWhatToType) {
  Server server;
  server.may_alter = "0";
  const auto state = state_of(server, {{"s3://b"}, {}});
  EXPECT_EQ(state.standing, Standing::read_only);
  EXPECT_NE(state.reason.find("GRANT ALTER ANY CREDENTIAL TO [keyturn]]login];"), std::string::npos);
  EXPECT_FALSE(state.credentials.at(0).exists);
}

TEST(TargetSnapshot, InvisibleBackupsAreAWarning) {
  Server server;
  server.may_see_backups = "0";
  const auto state = state_of(server, {{"s3://b"}, {}});
  EXPECT_EQ(state.standing, Standing::updatable);
  ASSERT_EQ(state.warnings.size(), 1U);
  EXPECT_NE(state.warnings[0].find("GRANT VIEW SERVER STATE"), std::string::npos);
}

TEST(TargetSnapshot, AMoreSpecificCredentialIsReported) {
  Server server;
  server.credentials = {{"s3://host/bucket", "S3 Access Key", kLocalNow},
                        {"s3://host/bucket/finance", "S3 Access Key", kLocalNow},
                        {"s3://host/bucket2", "S3 Access Key", kLocalNow}};
  const auto state = state_of(server, {{"s3://host/bucket"}, {}});
  ASSERT_EQ(state.warnings.size(), 1U);
  EXPECT_NE(state.warnings[0].find("s3://host/bucket/finance"), std::string::npos);
  EXPECT_TRUE(state_of(server, {{"s3://host/bucket"}, {"s3://host/bucket/*"}}).warnings.empty());
}

TEST(TargetSnapshot, WhatIsNotASqlServersAnswerIsRefused) {
  const auto valid = answer_of({});
  EXPECT_FALSE(parse_snapshot({}, kReadAt, "x"));
  EXPECT_FALSE(parse_snapshot({valid[0], valid[1]}, kReadAt, "x"));
  auto renamed = valid;
  renamed[0].columns[0] = "version";
  EXPECT_FALSE(parse_snapshot(renamed, kReadAt, "x"));
  auto no_date = valid;
  no_date[1].rows = {{"s3://b", "S3 Access Key", std::nullopt}};
  const auto refused = parse_snapshot(no_date, kReadAt, "sql01:1433");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::invalid_reply);
  EXPECT_NE(refused.error().message.find("sql01:1433"), std::string::npos);
}

}  // namespace
}  // namespace keyturn::sqlserver
