// Whole runs of the engine over Systems Manager, down to simulated SQL Servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hosts.h"

namespace keyturn::test {
namespace {

using namespace std::chrono_literals;
using rotation::Command;
using rotation::Outcome;

std::string why(const rotation::RunResult& result) {
  std::string text = result.reason;
  for (const auto& step : result.steps) {
    text += "\n  " + step.action + (step.error ? ": " + step.error->sentence() : "");
    for (const auto& target : step.targets)
      if (!target.error.empty()) text += "\n    " + target.name + ": " + target.error;
  }
  for (const auto& blocker : result.blockers) text += "\n  blocked: " + blocker.message;
  for (const auto& laggard : result.laggards) text += "\n  laggard " + laggard.target + ": " + laggard.reason;
  return text;
}

class RotationOverSsm : public testing::Test {
 protected:
  RotationOverSsm() {
    for (const char* name : {"sql1", "sql2", "sql3"}) ids_[name] = hosts_.add(name);
    ids_["sql4"] = hosts_.add("sql4", {"MSSQLSERVER", "PAYROLL"});
    old_key_ = account_.key_at("AWSCURRENT");
  }
  rotation::RunResult rotate() {
    fleet::SsmFleet fleet = account_.fleet();
    return account_.run(fleet, Command::rotate);
  }
  rotation::RunResult reconcile() {
    fleet::SsmFleet fleet = account_.fleet();
    return account_.run(fleet, Command::reconcile);
  }
  void expect_everywhere(const std::string& key) {
    for (const char* name : {"sql1", "sql2", "sql3", "sql4"}) EXPECT_EQ(hosts_.held(name), key) << name;
    EXPECT_EQ(hosts_.held("sql4", "PAYROLL"), key);
  }

  Account account_;
  SqlHosts hosts_{account_};
  std::map<std::string, std::string> ids_;
  std::string old_key_;
};

TEST_F(RotationOverSsm, ANewKeyReachesEveryInstanceAndTheOldOneIsRetired) {
  const auto result = rotate();
  EXPECT_EQ(result.outcome, Outcome::done) << why(result);
  const std::string key = account_.key_at("AWSCURRENT");
  EXPECT_NE(key, old_key_);
  expect_everywhere(key);
  account_.clock.advance(account_.policy.grace + 1h);
  EXPECT_EQ(reconcile().outcome, Outcome::done);
  account_.clock.advance(account_.policy.quarantine + 1h);
  const auto last = reconcile();
  EXPECT_EQ(last.outcome, Outcome::done) << why(last);
  EXPECT_EQ(account_.world.iam().keys(kBackupUser).size(), 1U);
}

TEST_F(RotationOverSsm, NoSecretStandsInAnyCommand) {
  (void)rotate();
  const auto keys = account_.world.iam().keys(kBackupUser);
  ASSERT_EQ(keys.size(), 2U);
  for (const sim::Command& command : account_.world.ssm().commands()) {
    for (const auto& [name, values] : command.parameters)
      for (const std::string& value : values)
        for (const auto& key : keys) EXPECT_EQ(value.find(key.secret), std::string::npos) << name;
    for (const sim::Invocation& invocation : account_.world.ssm().invocations(command.id))
      for (const auto& step : invocation.steps)
        for (const auto& key : keys) EXPECT_EQ((step.out + step.err).find(key.secret), std::string::npos);
  }
}

TEST_F(RotationOverSsm, ALostReplyToSendCommandIsLookedForAndNotRepeated) {
  account_.world.faults().add({"ssm:SendCommand", sim::FaultKind::reply_lost, 1, 1, 0ms});  // the first apply
  const auto result = rotate();
  EXPECT_EQ(result.outcome, Outcome::done) << why(result);
  expect_everywhere(account_.key_at("AWSCURRENT"));
  std::set<std::string> comments;
  for (const sim::Command& command : account_.world.ssm().commands())
    EXPECT_TRUE(comments.insert(command.request.comment).second) << "sent twice";
}

TEST_F(RotationOverSsm, AHostKilledInTheMiddleIsALaggardAndTheNextRunGoesOn) {
  bool killed = false;
  hosts_.before_work = [&](const HostJob& job) {
    if (job.parameters.at("Mode") == "apply" && !killed) {
      hosts_.agent().dead.insert(ids_["sql2"]);
      killed = true;
    }
  };
  const auto first = rotate();
  EXPECT_NE(first.outcome, Outcome::done) << why(first);
  EXPECT_EQ(hosts_.held("sql2"), old_key_);
  ASSERT_FALSE(first.laggards.empty()) << why(first);
  EXPECT_EQ(first.laggards[0].target, "sql2");

  hosts_.agent().dead.clear();
  const auto second = reconcile();
  EXPECT_EQ(second.outcome, Outcome::done) << why(second);
  expect_everywhere(account_.key_at("AWSCURRENT"));
}

// The counterexample C3: a command of a run that is over writes late, and the world has moved on.
TEST_F(RotationOverSsm, ACommandThatCouldNotBeCancelledWritesNothingLate) {
  (void)reconcile();                       // markers
  account_.policy.max_errors_percent = 0;  // the roll-out halts
  account_.settings.execution_timeout = 1h;
  account_.world.faults().add({"ssm:CancelCommand", sim::FaultKind::refuse, 0, -1, 0ms});
  bool sql2_ran_late = false;
  hosts_.before_work = [&](const HostJob& job) {
    if (job.parameters.at("Mode") != "apply") return;
    if (job.instance_id == ids_["sql1"]) hosts_.agent().takes[ids_["sql2"]] = 25min;
    if (job.instance_id == ids_["sql2"])
      sql2_ran_late |= account_.clock.now() > parse_iso8601(job.parameters.at("NotAfter")).value();
  };
  const auto first = rotate();
  EXPECT_NE(first.outcome, Outcome::done) << why(first);
  EXPECT_THAT(why(first), testing::HasSubstr("Its command could not be taken back: "));
  EXPECT_EQ(hosts_.held("sql2"), old_key_);

  hosts_.agent().takes.clear();
  fleet::SsmFleet fleet = account_.fleet();
  const auto back = account_.run(fleet, Command::rollback);
  SCOPED_TRACE(why(first) + "\n" + why(back));
  expect_everywhere(old_key_);
  account_.clock.advance(30min);
  account_.world.ssm().advance();
  EXPECT_TRUE(sql2_ran_late) << why(back);
  expect_everywhere(old_key_);
}

TEST_F(RotationOverSsm, AStoppedInstanceHoldsUpRetirementAndIsBroughtUpToDateWhenItStarts) {
  account_.world.ec2().set_state(ids_["sql3"], sim::InstanceState::stopped);
  account_.world.ssm().set_ping(ids_["sql3"], sim::PingStatus::connection_lost);
  const auto first = rotate();
  EXPECT_EQ(first.outcome, Outcome::incomplete) << why(first);
  ASSERT_EQ(first.laggards.size(), 1U) << why(first);
  EXPECT_EQ(first.laggards[0].target, "sql3");
  account_.clock.advance(account_.policy.grace + account_.policy.quarantine);
  (void)reconcile();
  EXPECT_EQ(account_.world.iam().keys(kBackupUser).size(), 2U);

  account_.world.ec2().set_state(ids_["sql3"], sim::InstanceState::running);
  account_.world.ssm().set_ping(ids_["sql3"], sim::PingStatus::online);
  const auto second = reconcile();
  EXPECT_EQ(hosts_.held("sql3"), account_.key_at("AWSCURRENT")) << why(second);
}

TEST_F(RotationOverSsm, AClustersInstanceThatNoNodeRunsHoldsUpRetirementUntilItsTimeIsOver) {
  for (const char* name : {"node1", "node2"}) ids_[name] = hosts_.add(name, {"MSSQLSERVER", "FCI"});
  hosts_.cluster("FCI", "");
  const auto first = rotate();
  EXPECT_EQ(first.outcome, Outcome::incomplete) << why(first);
  ASSERT_EQ(first.laggards.size(), 1U) << why(first);
  EXPECT_EQ(first.laggards[0].target, "node1\\FCI");
  account_.clock.advance(account_.policy.grace + account_.policy.quarantine);
  (void)reconcile();
  EXPECT_EQ(account_.world.iam().keys(kBackupUser).size(), 2U);

  hosts_.cluster("FCI", "node2");  // on the other node than stood for it
  const auto second = reconcile();
  EXPECT_TRUE(second.laggards.empty()) << why(second);
  EXPECT_EQ(hosts_.held("node2", "FCI"), account_.key_at("AWSCURRENT"));

  hosts_.cluster("FCI", "");
  account_.clock.advance(account_.policy.patience + 1h);
  const auto third = reconcile();
  ASSERT_EQ(third.laggards.size(), 1U) << why(third);
  EXPECT_TRUE(third.laggards[0].written_off);
  account_.clock.advance(account_.policy.grace + account_.policy.quarantine);
  (void)reconcile();
  EXPECT_EQ(account_.world.iam().keys(kBackupUser).size(), 1U) << "nothing holds it up any more";
}

TEST_F(RotationOverSsm, OneInstancesFailureIsNotItsNeighbours) {
  sim::ServerLogin login;
  login.name = "keyturn";
  login.password = SecretString("another");
  hosts_.server("sql4", "PAYROLL").put_login(login);
  const auto result = rotate();
  EXPECT_EQ(hosts_.held("sql4"), account_.key_at("AWSCURRENT")) << why(result);
  EXPECT_EQ(hosts_.held("sql4", "PAYROLL"), old_key_);
  ASSERT_EQ(result.laggards.size(), 1U);
  EXPECT_EQ(result.laggards[0].target, "sql4\\PAYROLL");
}

TEST_F(RotationOverSsm, AnInstanceThatCouldNotBeWrittenAnywayIsNoFailedWrite) {
  sim::ServerLogin login;
  login.name = "keyturn";
  login.password = SecretString("another");
  hosts_.server("sql4", "PAYROLL").put_login(login);
  account_.policy.max_errors_percent = 0;
  const auto result = rotate();
  for (const char* name : {"sql1", "sql2", "sql3", "sql4"})
    EXPECT_EQ(hosts_.held(name), account_.key_at("AWSCURRENT")) << why(result);
  EXPECT_NE(account_.key_at("AWSCURRENT"), old_key_);
}

TEST_F(RotationOverSsm, AStopCancelsTheCommandAndTheNextRunGoesOn) {
  hosts_.before_work = [&](const HostJob& job) {
    if (job.parameters.at("Mode") == "apply") account_.stop.request();
  };
  hosts_.agent().takes[ids_["sql4"]] = 5min;
  const auto result = rotate();
  EXPECT_EQ(result.outcome, Outcome::incomplete) << why(result);
}

}  // namespace
}  // namespace keyturn::test
