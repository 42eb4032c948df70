// Writing over Systems Manager: one outcome for each target, whatever becomes of its host.
#include <algorithm>

#include "render/ssm_command.h"
#include "ssm_fleet_fixture.h"

namespace keyturn::test {
namespace {

TEST_F(SsmFleetTest, WritesToTheHostsOfTheOrderOnly) {
  answers("sql2", [](const HostJob& job) { return printed(good_report(job, {"MSSQLSERVER", "PAYROLL"})); });
  fleet::SsmFleet fleet = account_.fleet();
  (void)observe(fleet);
  const auto outcomes = fleet.write(order({"sql2\\PAYROLL"}));
  const auto command = account_.world.ssm().commands().back();
  EXPECT_EQ(command.request.instance_ids, std::vector<std::string>{ids_["sql2"]});
  EXPECT_EQ(command.parameters.at("Mode"), std::vector<std::string>{"apply"});
  EXPECT_EQ(command.parameters.at("VersionId"), std::vector<std::string>{"v-1"});
  EXPECT_EQ(command.parameters.at("Stage"), std::vector<std::string>{"pending"});
  ASSERT_EQ(outcomes.size(), 2U);  // the host's other instance was written as well
  EXPECT_EQ(outcomes[0].target, "sql2\\PAYROLL");
  EXPECT_EQ(outcomes[1].target, "sql2");
  for (const auto& outcome : outcomes) EXPECT_FALSE(outcome.error) << outcome.error->sentence();
}

TEST_F(SsmFleetTest, OneOutcomeForEachTargetWhateverBecomesOfItsHost) {
  answers_with("sql2", {1, "", "out of memory"});
  agent_->dead.insert(ids_["sql3"]);
  account_.settings.execution_timeout = 30s;
  const auto outcomes = write(order({"sql1", "sql2", "sql3", "sql9", "sql1\\NONE"}));
  ASSERT_EQ(outcomes.size(), 5U);
  EXPECT_FALSE(outcomes.at("sql1").error);
  EXPECT_NE(outcomes.at("sql2").error->message.find("out of memory"), std::string::npos);
  EXPECT_EQ(outcomes.at("sql2").error->effect, Effect::unknown);
  EXPECT_EQ(outcomes.at("sql3").error->kind, ErrorKind::timed_out);
  EXPECT_EQ(outcomes.at("sql9").error->kind, ErrorKind::not_found);
  EXPECT_EQ(outcomes.at("sql1\\NONE").error->kind, ErrorKind::not_found);
}

TEST_F(SsmFleetTest, AnInstancesErrorIsItsOwn) {
  answers("sql2", [](const HostJob& job) {
    auto report = good_report(job, {"MSSQLSERVER", "PAYROLL"});
    report.outcome = rotation::Outcome::incomplete;
    report.instances[1].error = "The login may not alter credentials.";
    return printed(report);
  });
  const auto outcomes = write(order({"sql2", "sql2\\PAYROLL"}));
  EXPECT_FALSE(outcomes.at("sql2").error);
  EXPECT_EQ(outcomes.at("sql2\\PAYROLL").error->message, "The login may not alter credentials.");
}

TEST_F(SsmFleetTest, AHostThatIsGoneFailsNobodyElse) {
  fleet::SsmFleet fleet = account_.fleet();
  (void)observe(fleet);
  account_.world.ssm().remove_node(ids_["sql2"]);
  account_.world.ec2().set_state(ids_["sql1"], sim::InstanceState::terminated);  // and still listed
  std::map<std::string, rotation::Fleet::Outcome> outcomes;
  for (auto& outcome : fleet.write(order({"sql1", "sql2", "sql3"})))
    outcomes.emplace(outcome.target, outcome);
  EXPECT_FALSE(outcomes.at("sql3").error);
  EXPECT_EQ(outcomes.at("sql1").error->code, "InvalidInstanceId");
  EXPECT_EQ(outcomes.at("sql2").error->code, "InvalidInstanceId");
}

TEST_F(SsmFleetTest, FiftyHostsACommand) {
  std::vector<std::string> targets;
  for (int i = 0; i < 120; ++i) {
    targets.push_back("more" + std::to_string(i));
    (void)account_.add_host(targets.back());
  }
  const auto outcomes = write(order(targets));
  EXPECT_EQ(outcomes.size(), 120U);
  for (const auto& [name, outcome] : outcomes) EXPECT_FALSE(outcome.error) << name;
  EXPECT_EQ(account_.calls("SendCommand"), 3);
  EXPECT_LE(account_.calls("ListCommands"), 4);
}

TEST_F(SsmFleetTest, AtTheDeadlineWhatRunsIsCancelledAndOfUnknownEffect) {
  account_.settings.execution_timeout = 1h;
  agent_->takes[ids_["sql2"]] = 1h;
  auto soon = order({"sql1", "sql2"});
  soon.not_after = account_.clock.now() + 1min;
  const auto outcomes = write(soon);
  EXPECT_FALSE(outcomes.at("sql1").error);
  ASSERT_TRUE(outcomes.at("sql2").error);
  EXPECT_EQ(outcomes.at("sql2").error->kind, ErrorKind::past_deadline);
  EXPECT_EQ(outcomes.at("sql2").error->effect, Effect::unknown);
  EXPECT_EQ(agent_->killed, 1);
}

TEST_F(SsmFleetTest, AStopCancelsWhatRuns) {
  agent_->takes[ids_["sql2"]] = 5min;
  answers("sql1", [&](const HostJob& job) {
    account_.stop.request();
    return printed(good_report(job));
  });
  const auto outcomes = write(order({"sql1", "sql2"}));
  EXPECT_FALSE(outcomes.at("sql1").error);
  EXPECT_EQ(outcomes.at("sql2").error->kind, ErrorKind::cancelled);
  EXPECT_EQ(account_.world.ssm().commands().back().state, sim::CommandState::cancelled);
}

TEST_F(SsmFleetTest, NothingIsSentAfterTheDeadlineOrAStop) {
  auto late = order({"sql1"});
  late.not_after = account_.clock.now() - 1s;
  EXPECT_EQ(write(late).at("sql1").error->kind, ErrorKind::past_deadline);
  account_.stop.request();
  EXPECT_EQ(write(order({"sql1"})).at("sql1").error->kind, ErrorKind::cancelled);
  EXPECT_EQ(account_.calls("SendCommand"), 0);
}

TEST_F(SsmFleetTest, ALostCommandThatIsNotFoundIsOfUnknownEffect) {
  account_.world.faults().add({"ssm:SendCommand", sim::FaultKind::reply_lost, 0, 1, 0ms});
  account_.world.faults().add({"ssm:ListCommands", sim::FaultKind::error_5xx, 0, -1, 0ms});
  const auto outcomes = write(order({"sql1"}));
  EXPECT_EQ(outcomes.at("sql1").error->effect, Effect::unknown);
  EXPECT_EQ(account_.world.ssm().commands().size(), 1U);
}

TEST_F(SsmFleetTest, MaxErrorsEndsACommandAndSaysSo) {
  account_.settings.max_concurrency = "1";
  account_.settings.max_errors = "0";
  for (const char* host : {"sql1", "sql2", "sql3"}) answers_with(host, {1, "", "no"});
  const auto outcomes = write(order({"sql1", "sql2", "sql3"}));
  EXPECT_EQ(outcomes.at("sql1").error->code, "Failed");
  EXPECT_EQ(outcomes.at("sql2").error->code, "Terminated");
  EXPECT_EQ(outcomes.at("sql2").error->effect, Effect::none);
}

TEST_F(SsmFleetTest, ProgressTellsOfEachTarget) {
  std::map<std::string, std::vector<fleet::VisitPhase>> seen;
  fleet::SsmFleet fleet = account_.fleet(
      [&](const fleet::Progress& progress) { seen[progress.target].push_back(progress.phase); });
  (void)fleet.write(order({"sql1", "sql2"}));
  ASSERT_EQ(seen.size(), 2U);
  for (const auto& [target, phases] : seen)
    EXPECT_EQ(phases, (std::vector{fleet::VisitPhase::writing, fleet::VisitPhase::done})) << target;
}

TEST_F(SsmFleetTest, TheRenderedDocumentTakesTheseParameters) {
  const auto content = render::ssm_command_document({});
  ASSERT_TRUE(content) << content.error().sentence();
  ASSERT_TRUE(account_.world.ssm().create_document("Rendered", "Command", *content));
  account_.settings.document = "Rendered";
  account_.settings.parameters = {{"CredentialSecret", {"sqlcredential"}},
                                  {"BucketUrls", {kBucketUrl}},
                                  {"SqlUserSecret", {"sqluser"}},
                                  {"SqlPasswordSecret", {"sqlpass"}},
                                  {"CredentialPatterns", {"s3://sql-backups.s3.us-east-1.amazonaws.com/*"}}};
  for (const char* host : {"sql1", "sql2", "sql3"}) answers_with(host, {0, "", ""});
  EXPECT_TRUE(account_.fleet().observe());
  (void)write(order({"sql1"}));
  EXPECT_EQ(account_.world.ssm().commands().size(), 2U);
}

}  // namespace
}  // namespace keyturn::test
