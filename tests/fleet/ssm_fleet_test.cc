// Every way in which a look can end on a host, told apart.
#include <algorithm>

#include "ssm_fleet_fixture.h"

namespace keyturn::test {
namespace {

TEST_F(SsmFleetTest, ObservesEveryHostWithOneCommandByTags) {
  answers("sql3", [](const HostJob& job) { return printed(good_report(job, {"MSSQLSERVER", "PAYROLL"})); });
  const auto states = observe();
  ASSERT_EQ(states.size(), 4U);
  for (const auto& [name, state] : states)
    EXPECT_EQ(state.standing, Standing::updatable) << name << state.reason;
  EXPECT_TRUE(states.contains("sql3\\PAYROLL"));
  EXPECT_TRUE(states.at("sql1").confirmed_on("AKIAX"));
  EXPECT_EQ(account_.calls("SendCommand"), 1);
  EXPECT_EQ(account_.calls("ListCommandInvocations"), 1);
  EXPECT_EQ(account_.calls("GetCommandInvocation"), 0);
}

TEST_F(SsmFleetTest, ObservesByIdsWithoutAskingEc2) {
  sim::ManagedNode hybrid;
  hybrid.id = "mi-0123456789abcdef0";
  hybrid.computer_name = "onprem";
  account_.world.ssm().put_node(hybrid);
  account_.settings.tags.clear();
  account_.settings.instance_ids = {ids_["sql1"], hybrid.id, "i-00000000000000000"};
  const auto states = observe();
  ASSERT_EQ(states.size(), 3U);
  EXPECT_EQ(states.at("sql1").standing, Standing::updatable);
  EXPECT_EQ(states.at("onprem").standing, Standing::updatable) << states.at("onprem").reason;
  expect_silent(states, "i-00000000000000000", "never registered");
  EXPECT_EQ(account_.calls("DescribeInstances"), 0);
}

TEST_F(SsmFleetTest, WildcardsInTagsMeanIds) {
  account_.settings.tags = {{"SQL", "20*"}};
  EXPECT_EQ(observe().at("sql2").standing, Standing::updatable);
  EXPECT_EQ(account_.world.ssm().commands().at(0).request.instance_ids.size(), 3U);
}

TEST_F(SsmFleetTest, HostsThatCannotBeAskedSayWhyAndSinceWhen) {
  auto& world = account_.world;
  world.ec2().set_state(ids_["sql1"], sim::InstanceState::stopped);
  world.ssm().remove_node(ids_["sql2"]);
  world.ssm().set_ping(ids_["sql3"], sim::PingStatus::connection_lost);
  const TimePoint then = account_.clock.now();
  account_.clock.advance(1h);
  account_.add_host("sql4");
  const auto states = observe();
  expect_silent(states, "sql1", "is stopped");
  EXPECT_EQ(states.at("sql1").since, then);
  expect_silent(states, "sql2", "never registered");
  EXPECT_FALSE(states.at("sql2").since);
  expect_silent(states, "sql3", "lost the connection");
  EXPECT_FALSE(states.at("sql3").since) << "its SQL Server may run without the agent";
  EXPECT_EQ(states.at("sql4").standing, Standing::updatable);
  EXPECT_LT(account_.clock.now() - then, 1h + 10s) << "it waited for hosts that can't answer";
}

TEST_F(SsmFleetTest, NothingIsSentWhereNoHostCanBeAsked) {
  for (const auto& [name, id] : ids_) account_.world.ssm().set_ping(id, sim::PingStatus::connection_lost);
  EXPECT_EQ(observe().size(), 3U);
  EXPECT_EQ(account_.calls("SendCommand"), 0);
}

TEST_F(SsmFleetTest, EachEndOfACommandHasItsReason) {
  struct Case {
    const char* part;
    std::function<void(const std::string& id)> arrange;
  };
  const auto deliver = [this](sim::Delivery delivery) {
    return [this, delivery](const std::string& id) { account_.world.ssm().set_delivery(id, delivery); };
  };
  const auto print = [this](sim::AgentResult result) {
    return
        [this, result](const std::string& id) { answers_[id] = [result](const HostJob&) { return result; }; };
  };
  const std::vector<Case> cases{
      {"did not pick the command up in time", deliver(sim::Delivery::never)},
      {"could not deliver the command", deliver(sim::Delivery::undeliverable)},
      {"was not allowed to run the command", deliver(sim::Delivery::access_denied)},
      {"does not run on the platform", deliver(sim::Delivery::invalid_platform)},
      {"did not end in time and was stopped", [this](const std::string& id) { agent_->dead.insert(id); }},
      {"failed on sql2 with exit status 127: sh: keyturn: not found",
       print({127, "", "sh: keyturn: not found\n"})},
      {"failed on sql2 with exit status 1: failed to run commands", print({1, "", ""})},
      {"can't be used", print({0, "Hello.\n", ""})},
      {"no step of the document ran there", print({0, "", ""})},
      {"asked for a restart", print({194, "", ""})},
  };
  account_.settings.execution_timeout = 1min;
  for (const Case& one : cases) {
    answers_.clear();
    agent_->dead.clear();
    account_.world.ssm().set_delivery(ids_["sql2"], sim::Delivery::normal);
    one.arrange(ids_["sql2"]);
    const auto states = observe();
    expect_silent(states, "sql2", one.part);
    EXPECT_EQ(states.at("sql1").standing, Standing::updatable) << one.part;
  }
}

TEST_F(SsmFleetTest, AWindowsHostWithoutAStepIsNotASuccess) {
  account_.add_host("win1", "Windows");
  expect_silent(observe(), "win1", "no step of the document ran there");
}

TEST_F(SsmFleetTest, ADelayedHostIsWaitedFor) {
  account_.world.ssm().set_delivery(ids_["sql2"], sim::Delivery::delayed, 40s);
  EXPECT_EQ(observe().at("sql2").standing, Standing::updatable);
}

TEST_F(SsmFleetTest, AReportCountsWhateverTheExitStatusIs) {
  answers("sql2", [](const HostJob& job) {
    report::HostReport report = good_report(job);
    report.outcome = rotation::Outcome::incomplete;  // exit status 3: Systems Manager says "Failed"
    auto result = printed(report);
    result.err = "keyturn: one instance was not written\n";
    return result;
  });
  EXPECT_EQ(observe().at("sql2").standing, Standing::updatable);
}

TEST_F(SsmFleetTest, AReportOfAnotherCommandOrWithOddNamesIsRefused) {
  const auto refused = [&](const std::function<void(report::HostReport&)>& spoil, const std::string& part) {
    answers("sql2", [&](const HostJob& job) {
      report::HostReport report = good_report(job);
      spoil(report);
      return printed(report);
    });
    expect_silent(observe(), "sql2", part);
  };
  refused([](report::HostReport& r) { r.command = "apply"; }, "it is of the command \"apply\"");
  refused([](report::HostReport& r) { r.version = "v-0"; }, "another version");
  refused([](report::HostReport& r) { r.instances.push_back(r.instances[0]); }, "twice");
  refused([](report::HostReport& r) { r.instances[0].state.name = "..\\sql1"; }, "name that can't be one");
  // The fleet's quiet times count from the latest date: one host must not hold all up for years.
  refused(
      [this](report::HostReport& r) {
        const TimePoint then = account_.clock.now() + 72h;
        r.instances[0].state.credentials.push_back({"s3://b/p", true, then, "AKIAOLDOLDOLDOLDOLD1", then});
      },
      "lies in the future");
}

TEST_F(SsmFleetTest, AHostWithoutSqlServerIsSkippedAndOneThatCouldNotLookIsNot) {
  answers("sql1", [](const HostJob& job) {
    auto report = report_of(job);
    report.reason = "No SQL Server is installed on this host.";
    return printed(report);
  });
  answers("sql2", [](const HostJob& job) {
    auto report = report_of(job);
    report.outcome = rotation::Outcome::failed;
    report.reason = "The host's role may not read the secret sqlcredential.";
    return printed(report);
  });
  const auto states = observe();
  EXPECT_EQ(states.at("sql1").standing, Standing::skipped);
  expect_silent(states, "sql2", "may not read the secret");
}

class ClusterOverSsm : public SsmFleetTest {
 protected:
  enum Node { active, passive, stopped, too_old };

  // The report travels as JSON, as a host writes it.
  void node(const std::string& host, Node as, const std::string& cluster = R"(SQLCLU01\PAYROLL)",
            const std::string& name = "PAYROLL") {
    answers(host, [=](const HostJob& job) {
      report::HostReport report = good_report(job, {"MSSQLSERVER", name});
      report::HostInstance& instance = report.instances.back();
      instance.cluster = cluster;
      instance.is_passive = as == passive;
      if (as == active) return printed(report);
      instance.state.credentials.clear();
      instance.state.standing = as == stopped ? Standing::unreachable : Standing::skipped;
      instance.state.reason = "As this node has it.";
      return printed(report);
    });
  }
  // Of the instance's targets, those that hold up.
  std::vector<std::string> down(const std::map<std::string, TargetState>& states) {
    std::vector<std::string> names;
    for (const auto& [name, state] : states)
      if (state.standing == Standing::unreachable) names.push_back(name);
    return names;
  }
  std::vector<std::string> down() { return down(observe()); }
  using Names = std::vector<std::string>;
};

TEST_F(ClusterOverSsm, AnInstanceThatNoNodeRunsIsOneUnreachableTarget) {
  node("sql2", passive);
  node("sql3", passive, R"(sqlclu01\Payroll)");
  const auto states = observe();
  ASSERT_EQ(down(states), Names{"sql2\\PAYROLL"});
  const TargetState& state = states.at("sql2\\PAYROLL");
  EXPECT_NE(state.reason.find("is active on none of its nodes that answered: sql2\\PAYROLL, sql3\\PAYROLL."),
            std::string::npos)
      << state.reason;
  EXPECT_FALSE(state.since);
  EXPECT_EQ(states.at("sql3\\PAYROLL").standing, Standing::skipped);
  EXPECT_EQ(states.at("sql2").standing, Standing::updatable);
  EXPECT_EQ(down(), Names{"sql2\\PAYROLL"}) << "another name at the next look";
}

TEST_F(ClusterOverSsm, ANodeThatKnowsTheInstanceBetterSpeaksForIt) {
  node("sql2", passive);
  node("sql3", active);
  EXPECT_EQ(down(), Names{});
  node("sql3", active, R"(SQLCLU01\PAYROLL)", "salaries");  // renamed by that host's configuration
  EXPECT_EQ(down(), Names{});
  node("sql3", stopped);
  EXPECT_EQ(down(), Names{"sql3\\PAYROLL"});
  node("sql3", too_old);  // it never held a key
  EXPECT_EQ(down(), Names{});
}

TEST_F(ClusterOverSsm, AnotherInstanceOfTheSameNameDoesNot) {
  node("sql1", active, R"(SQLCLU02\PAYROLL)");
  node("sql2", passive);
  node("sql3", passive, "");  // of which cluster is not known
  EXPECT_EQ(down(), Names{"sql2\\PAYROLL"});
  node("sql3", passive, R"(SQLCLU03\PAYROLL)");
  EXPECT_EQ(down(), (Names{"sql2\\PAYROLL", "sql3\\PAYROLL"}));
}

TEST_F(ClusterOverSsm, ANodeThatCannotBeAskedHidesNoInstanceThatIsDown) {
  node("sql2", passive);
  node("sql3", active);
  account_.world.ssm().set_ping(ids_["sql3"], sim::PingStatus::connection_lost);
  EXPECT_EQ(down(), (Names{"sql2\\PAYROLL", "sql3"}));
  account_.world.ssm().set_ping(ids_["sql3"], sim::PingStatus::online);
  EXPECT_EQ(down(), Names{});
}

TEST_F(SsmFleetTest, LongReportsAreFetchedWholeAndOnlyThose) {
  answers("sql2", [](const HostJob& job) {
    std::vector<std::string> names;
    for (int i = 0; i < 30; ++i) names.push_back("INSTANCE" + std::to_string(i));
    return printed(good_report(job, names));
  });
  const auto states = observe();
  EXPECT_EQ(states.size(), 32U);
  EXPECT_EQ(states.at("sql2\\INSTANCE29").standing, Standing::updatable);
  EXPECT_EQ(account_.calls("GetCommandInvocation"), 1);
}

TEST_F(SsmFleetTest, AHostThatFallsSilentKeepsItsInstances) {
  answers("sql2", [](const HostJob& job) { return printed(good_report(job, {"MSSQLSERVER", "PAYROLL"})); });
  fleet::SsmFleet fleet = account_.fleet();
  (void)observe(fleet);
  account_.world.ssm().set_ping(ids_["sql2"], sim::PingStatus::connection_lost);
  const auto states = observe(fleet);
  expect_silent(states, "sql2", "lost the connection");
  expect_silent(states, "sql2\\PAYROLL", "lost the connection");
}

TEST_F(SsmFleetTest, AHostThatDoesNotAnswerIsNotWaitedForAgainForAWhile) {
  account_.world.ssm().set_delivery(ids_["sql2"], sim::Delivery::never);
  fleet::SsmFleet fleet = account_.fleet();
  (void)observe(fleet);
  const TimePoint before = account_.clock.now();
  expect_silent(observe(fleet), "sql2", "did not pick the command up");
  EXPECT_LT(account_.clock.now() - before, 10s);
  account_.world.ssm().set_delivery(ids_["sql2"], sim::Delivery::normal);
  account_.clock.advance(1h);
  EXPECT_EQ(observe(fleet).at("sql2").standing, Standing::updatable);
}

TEST_F(SsmFleetTest, AMissingDocumentOrRightIsSaid) {
  account_.settings.document = "Nonesuch";
  const auto none = account_.fleet().observe();
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().sentence().find("keyturn render ssm-command"), std::string::npos)
      << none.error().sentence();
  account_.settings.document = kDocument;
  account_.world.faults().add({"ssm:SendCommand", sim::FaultKind::refuse, 0, 1, 0ms});
  const auto denied = account_.fleet().observe();
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::denied);
}

TEST_F(SsmFleetTest, NoHostAtAllIsAUsageError) {
  account_.settings.tags = {{"SQL", "none"}};
  const auto states = account_.fleet().observe();
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().kind, ErrorKind::usage);
  EXPECT_NE(states.error().message.find("no EC2 instance in us-east-1 has the tag SQL=none"),
            std::string::npos);
}

TEST_F(SsmFleetTest, ThrottledLooksAreTriedAgain) {
  for (const char* operation : {"ssm:ListCommands", "ssm:ListCommandInvocations"})
    account_.world.faults().add({operation, sim::FaultKind::throttle, 0, 5, 0ms});
  EXPECT_EQ(observe().at("sql1").standing, Standing::updatable);
}

TEST_F(SsmFleetTest, AMissingRightToFollowACommandIsSaidAtOnce) {
  for (const char* operation : {"ssm:ListCommands", "ssm:ListCommandInvocations"}) {
    account_.world.faults().add({operation, sim::FaultKind::refuse, 0, -1, 0ms});
    const TimePoint before = account_.clock.now();
    const auto states = account_.fleet().observe();
    ASSERT_FALSE(states);
    EXPECT_EQ(states.error().kind, ErrorKind::denied);
    const auto outcomes = write(order({"sql1"}));
    EXPECT_EQ(outcomes.at("sql1").error->kind, ErrorKind::denied);
    EXPECT_EQ(outcomes.at("sql1").error->effect, Effect::unknown);
    EXPECT_LT(account_.clock.now() - before, 30s);
    account_.world.faults().clear();
  }
}

}  // namespace
}  // namespace keyturn::test
