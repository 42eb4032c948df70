#include "doctor/targets.h"

#include <gmock/gmock.h>

#include "doctor/inventory.h"
#include "sqlserver/errors.h"
#include "sqlserver/target_snapshot.h"

namespace keyturn::doctor {
namespace {

using rotation::Standing;
using rotation::TargetState;
using sqlserver::Doing;
using testing::HasSubstr;

const TimePoint kNow = std::chrono::sys_days{std::chrono::year{2026} / 1 / 2};

TargetState target(Standing standing, const std::string& reason = "") {
  TargetState state;
  state.name = "sql01";
  state.standing = standing;
  state.reason = reason;
  state.product_version = "16.0.4085.2";
  return state;
}

Finding only(const TargetState& state, const Knowledge& known = {}) {
  const Findings findings = judge_target(state, known);
  return findings.size() == 1 ? findings[0] : Finding{"several", "", Verdict::skipped, "", ""};
}

// The sentences of sqlserver/errors.cc, as the drivers' diagnostics make them.
TEST(Obstacle, IsKnownByTheSentencesThatErrorsAreMadeOf) {
  const auto sentence = [](const sqlserver::Diagnostic& diagnostic) {
    return sqlserver::error_of({diagnostic}, "sql01", Doing::connecting).sentence();
  };
  EXPECT_STREQ(obstacle_in(sentence({"08001", 20009, "refused"})), "target.connection");
  EXPECT_STREQ(obstacle_in(sentence({"HYT00", 0, "time-out"})), "target.connection");
  EXPECT_STREQ(obstacle_in(sentence({"08001", 20002, "closed"})), "target.encryption");
  for (const int number : {18456, 18470, 18486, 18487, 18488, 18452, 4060})
    EXPECT_STREQ(obstacle_in(sentence({"28000", number, "no"})), "target.login") << number;
  EXPECT_STREQ(obstacle_in(sentence({"08001", 0, "Cannot generate SSPI context"})), "target.login");
  EXPECT_STREQ(obstacle_in("The service mssql-server is stopped."), "target.service");  // a host's own words
  for (const char* words : {"The command failed on ONE with exit status 1: secret not readable.",
                            "Systems Manager could not deliver the command to ONE: the host is gone."})
    EXPECT_STREQ(obstacle_in(words), "target.host");
}

TEST(Target, IsFineOrSaysWhatItLacks) {
  EXPECT_EQ(only(target(Standing::updatable)).check, "target");
  const Finding rights = only(target(
      Standing::read_only, "It may not. As an administrator of it: GRANT ALTER ANY CREDENTIAL TO [x];"));
  EXPECT_EQ(rights.check, "target.rights");
  EXPECT_EQ(rights.verdict, Verdict::failed);
  EXPECT_EQ(rights.message, "It may not.");
  EXPECT_THAT(rights.mend, HasSubstr("`GRANT ALTER ANY CREDENTIAL TO [x];`"));
}

TEST(Target, WarningsAndAChangeByHandAreFindingsOfTheirOwn) {
  TargetState state = target(Standing::updatable);
  state.warnings = {"Backups to URLs below s3://b/x use another.",
                    "The login can't see running backups. As an administrator of it: GRANT X;"};
  state.credentials = {{"s3://b", true, kNow, "AKIAONE", kNow - std::chrono::hours{1}}};
  const Findings findings = judge_target(state, {});
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_EQ(findings[0].check, "target.shadowing");
  EXPECT_EQ(findings[1].check, "target.rights");
  EXPECT_EQ(findings[1].verdict, Verdict::warning);
  EXPECT_EQ(findings[2].check, "target.marker");
}

TEST(Target, AClockThatS3RefusesIsAFailure) {
  TargetState state = target(Standing::updatable);
  state.warnings = {"Its clock is 6m behind: S3 refuses the backups of a server with more."};
  EXPECT_EQ(only(state).verdict, Verdict::warning);
  state.warnings = {"Its clock is 20m ahead: " + std::string(sqlserver::kClockBreaksBackups) + "."};
  EXPECT_EQ(only(state).verdict, Verdict::failed);
}

TEST(Target, WhatCanHoldNoKeyIsNamedByItsCause) {
  TargetState old = target(Standing::skipped, "too old");
  old.product_version = "15.0.2000.5";
  EXPECT_EQ(only(old).check, "target.version");
  EXPECT_EQ(only(target(Standing::skipped, "Express")).check, "target.edition");
  TargetState away = target(Standing::skipped, "The service mssql-server is stopped.");
  away.product_version.clear();
  EXPECT_EQ(only(away).check, "target.service");
  EXPECT_EQ(only(away).verdict, Verdict::warning);
  away.reason = "This is a passive node of a Pacemaker cluster: …";
  EXPECT_EQ(only(away).verdict, Verdict::ok);
}

TEST(Target, AStoppedMachineIsToldOnce) {
  Knowledge known;
  fleet::Machine machine;
  machine.id = "i-1";
  machine.state = fleet::MachineState::stopped;
  const Findings machines = judge_machines({machine, {}}, "us-east-1", known);
  ASSERT_EQ(machines.size(), 2U);
  EXPECT_THAT(machines[0].message, HasSubstr("2 instances have the fleet's tags, 1 of them running"));
  EXPECT_EQ(machines[1].check, "ec2.instance");
  const Finding finding = only(target(Standing::unreachable, "The EC2 instance i-1 is stopped."), known);
  EXPECT_EQ(finding.verdict, Verdict::skipped);
}

}  // namespace
}  // namespace keyturn::doctor
