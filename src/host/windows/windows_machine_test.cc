#include "host/windows/windows_machine.h"

#include <gtest/gtest.h>

#include "host/instance_settings.h"
#include "host/windows/fakes_for_test.h"

namespace keyturn::host {
namespace {

using std::chrono::seconds;
using State = WindowsServiceState;

class HandClock final : public Clock {
 public:
  TimePoint time = *parse_iso8601("2026-01-15T03:00:00Z");
  [[nodiscard]] TimePoint now() const override { return time; }
  void sleep_for(Duration duration, const StopFlag*) override { time += duration; }
};

class WindowsMachineTest : public testing::Test {
 protected:
  WindowsMachineTest() {
    default_key_ = registry_->add_instance("MSSQLSERVER", "1433");
    services_->services["MSSQLSERVER"] = WindowsService{State::running, 1234, false, false};
    network_->all = {{"0.0.0.0", 1433, 1234}, {"::", 1433, 1234}};
  }
  std::unique_ptr<WindowsMachine> machine() {
    MachineSettings settings;
    settings.start_patience = seconds{30};
    settings.check_listener = check_listener_;
    return std::make_unique<WindowsMachine>(settings, WindowsParts{registry_, services_, network_}, clock_,
                                            &stop_);
  }
  std::vector<Instance> found() { return *with_settings(machine()->instances(), {}); }
  Instance first() {
    const auto all = found();
    EXPECT_FALSE(all.empty());
    return all.empty() ? Instance{} : all.front();
  }
  std::string check(const sqlserver::SqlAddress& address) {
    const auto checked = machine()->check_listener(address);
    return checked ? "ok" : to_string(checked.error().kind);
  }
  void service(const WindowsService& state) { services_->services["MSSQLSERVER"] = state; }
  void cluster(const std::string& name) { registry_->set(default_key_ + R"(\Cluster)", "ClusterName", name); }

  std::shared_ptr<FakeRegistry> registry_ = std::make_shared<FakeRegistry>();
  std::shared_ptr<FakeServices> services_ = std::make_shared<FakeServices>();
  std::shared_ptr<FakeNetwork> network_ = std::make_shared<FakeNetwork>();
  std::string default_key_;
  HandClock clock_;
  StopFlag stop_;
  bool check_listener_ = true;
};

TEST_F(WindowsMachineTest, FindsARunningInstance) {
  const Instance instance = first();
  EXPECT_EQ(instance.name, "MSSQLSERVER");
  EXPECT_EQ(instance.address.host, "127.0.0.1");
  EXPECT_EQ(instance.address.port, 1433);
  EXPECT_EQ(instance.address.instance, "MSSQLSERVER");
  EXPECT_TRUE(instance.is_local);
  EXPECT_EQ(instance.product_version, "16.0.4135.4");
  EXPECT_EQ(instance.edition, "Standard Edition");
  EXPECT_EQ(instance.skipped + instance.unreachable + instance.note, "");
}

TEST_F(WindowsMachineTest, EveryStateOfTheService) {
  service({State::stopped, 0, false, false});
  EXPECT_EQ(first().unreachable, "The service MSSQLSERVER is stopped.");
  EXPECT_EQ(first().since, std::nullopt);
  service({State::stopped, 0, false, true});
  EXPECT_EQ(first().unreachable, "The service MSSQLSERVER is stopped and disabled.");
  service({State::stopped, 0, true, false});  // manual, and no cluster
  EXPECT_EQ(first().unreachable, "The service MSSQLSERVER is stopped.");
  service({State::stopping, 1234, false, false});
  EXPECT_EQ(first().unreachable, "The service MSSQLSERVER is stopping.");
  service({State::paused, 1234, false, false});
  EXPECT_NE(first().unreachable.find("is paused"), std::string::npos);
  EXPECT_EQ(first().skipped, "");
}

TEST_F(WindowsMachineTest, AMissingServiceIsALeftOver) {
  services_->services.clear();
  EXPECT_NE(first().skipped.find("no service MSSQLSERVER"), std::string::npos);
  EXPECT_EQ(first().unreachable, "");
}

TEST_F(WindowsMachineTest, WhatTheServiceManagerDoesNotTellTheConnectionShows) {
  services_->services.insert_or_assign("MSSQLSERVER", fail(ErrorKind::denied, "not told"));
  EXPECT_EQ(first().unreachable + first().skipped, "");
  EXPECT_EQ(check(first().address), "denied");
}

TEST_F(WindowsMachineTest, OneThatStartsIsWaitedForWithinBounds) {
  service({State::starting, 1234, false, false});
  EXPECT_EQ(first().unreachable, "The service MSSQLSERVER is still starting after 30s.");
  EXPECT_EQ(services_->asked, 31);
  // Its dynamic port is in the registry only after that.
  const TimePoint begun = clock_.now();
  services_->when_asked = [this, begun] {
    if (clock_.now() >= begun + seconds{5})
      services_->services["MSSQLSERVER"] = WindowsService{State::running, 1234, false, false};
  };
  EXPECT_EQ(first().unreachable, "");
  EXPECT_EQ(clock_.now(), begun + seconds{5});
}

TEST_F(WindowsMachineTest, AllThatStartShareOneWait) {
  registry_->add_instance("PAYROLL", "1500");
  service({State::starting, 1234, false, false});
  services_->services["MSSQL$PAYROLL"] = WindowsService{State::starting, 1235, false, false};
  const TimePoint begun = clock_.now();
  EXPECT_EQ(found().size(), 2U);
  EXPECT_EQ(clock_.now() - begun, seconds{30});
}

TEST_F(WindowsMachineTest, AWaitEndsWhenTheStopIsAskedFor) {
  service({State::starting, 1234, false, false});
  stop_.request();
  EXPECT_NE(first().unreachable, "");
  EXPECT_EQ(services_->asked, 1);
}

TEST_F(WindowsMachineTest, APassiveNodeIsSkipped) {
  service({State::stopped, 0, true, false});
  cluster("SQLCLU01");
  EXPECT_NE(first().skipped.find("passive node of the failover cluster instance SQLCLU01"),
            std::string::npos);
  EXPECT_EQ(first().unreachable, "");
  EXPECT_TRUE(first().is_passive);
  EXPECT_EQ(first().cluster, "SQLCLU01");
  cluster("");
  registry_->set(default_key_ + R"(\Setup)", "SQLCluster", std::uint64_t{1});
  EXPECT_NE(first().skipped.find("passive node"), std::string::npos);
  EXPECT_EQ(first().cluster, "");
  service({State::stopped, 0, false, false});  // no cluster has it started by Windows
  EXPECT_EQ(first().skipped, "");
  EXPECT_EQ(first().unreachable, "The service MSSQLSERVER is stopped.");
  EXPECT_FALSE(first().is_passive);
}

TEST_F(WindowsMachineTest, EachNodeCallsAClustersInstanceTheSameWhateverBecomesOfItThere) {
  const std::string key = registry_->add_instance("PAYROLL", "1500");
  registry_->set(key + R"(\Cluster)", "ClusterName", "SQLCLU01");
  InstanceSettings renamed;
  renamed.instance = "PAYROLL";
  renamed.name = "salaries";
  const auto payroll = [&](const WindowsService& state) {
    services_->services["MSSQL$PAYROLL"] = state;
    return with_settings(machine()->instances(), {renamed})->back();
  };
  for (const State state : {State::running, State::stopping, State::stopped}) {
    const Instance instance = payroll({state, 7, true, false});
    EXPECT_EQ(instance.name, "salaries");
    EXPECT_EQ(instance.cluster, R"(SQLCLU01\PAYROLL)");
    EXPECT_EQ(instance.is_passive, state == State::stopped);
  }
  registry_->set(key + R"(\Setup)", "PatchLevel", "15.0.4123.1");  // which could not hold a key
  EXPECT_FALSE(payroll({State::stopped, 0, true, false}).is_passive);
  EXPECT_EQ(found().front().cluster, "");
}

TEST_F(WindowsMachineTest, TheActiveNodeIsVisitedThroughTheNetworkName) {
  cluster("SQLCLU01");
  network_->all = {{"10.0.0.5", 1433, 1234}};
  network_->names["SQLCLU01"] = {"fe80::5", "10.0.0.5"};
  EXPECT_EQ(first().address.host,
            "10.0.0.5");  // which was looked at: the name may lead elsewhere a moment later
  EXPECT_EQ(first().note, "Its network name is SQLCLU01.");
  EXPECT_TRUE(first().is_local);
  EXPECT_EQ(check(first().address), "ok");
  network_->names["SQLCLU01"] = {"10.0.0.5"};
  network_->all = {{"10.0.0.5", 1433, 77}};
  EXPECT_EQ(check(first().address), "denied");
}

TEST_F(WindowsMachineTest, ANetworkNameThatLeadsElsewhereIsVerifiedAsConfigured) {
  cluster("SQLCLU01");
  EXPECT_FALSE(first().is_local);  // no address at all
  network_->names["SQLCLU01"] = {"10.0.0.5", "10.0.9.9"};
  EXPECT_FALSE(first().is_local);
  EXPECT_EQ(check(first().address), "denied");
  network_->names["SQLCLU01"] = {"10.0.0.5"};
  EXPECT_TRUE(first().is_local);
  const std::string key = registry_->add_instance("PAYROLL", "");
  registry_->set(key + R"(\Cluster)", "ClusterName", "SQLCLU01");
  services_->services["MSSQL$PAYROLL"] = WindowsService{State::running, 1235, true, false};
  EXPECT_EQ(found().back().address.port, 0);
  EXPECT_FALSE(found().back().is_local);  // the port is SQL Browser's to tell
}

TEST_F(WindowsMachineTest, TheListenerMustBeItsOwnServices) {
  EXPECT_EQ(check(first().address), "ok");
  network_->all = {{"127.0.0.1", 1433, 0}};
  EXPECT_EQ(check(first().address), "denied");
  check_listener_ = false;
  EXPECT_EQ(check(first().address), "ok");
  check_listener_ = true;
  network_->all.clear();
  EXPECT_EQ(check(first().address), "unavailable");
  EXPECT_EQ(check({"10.0.9.9", 1433, "MSSQLSERVER", ""}), "denied");  // another machine's
}

TEST_F(WindowsMachineTest, AnAddedInstanceMayBeAnySqlServersOfTheHost) {
  registry_->add_instance("PAYROLL", "1500");
  services_->services["MSSQL$PAYROLL"] = WindowsService{State::running, 1235, false, false};
  network_->all = {{"127.0.0.1", 1600, 1235}, {"127.0.0.1", 1601, 77}};
  EXPECT_EQ(check({"127.0.0.1", 1600, "", ""}), "ok");
  EXPECT_EQ(check({"127.0.0.1", 1601, "", ""}), "denied");
  EXPECT_EQ(check({"127.0.0.1", 1600, "MSSQLSERVER", ""}), "denied");
}

TEST_F(WindowsMachineTest, AChannelsServerIsCheckedToo) {
  registry_->set(default_key_ + kTcpKey, "Enabled", std::uint64_t{0});
  EXPECT_EQ(first().address.channel, "lpc:(local)");
  EXPECT_TRUE(first().is_local);
  EXPECT_EQ(check(first().address), "unavailable");
  network_->pipes[R"(\\.\pipe\SQLLocal\MSSQLSERVER)"] = 1234;
  EXPECT_EQ(check(first().address), "ok");
  network_->pipes[R"(\\.\pipe\SQLLocal\MSSQLSERVER)"] = 77;
  EXPECT_EQ(check(first().address), "denied");
}

TEST_F(WindowsMachineTest, OfSeveralPortsTheOneThatItListensOn) {
  registry_->set(default_key_ + kTcpKey + R"(\IPAll)", "TcpPort", "1433,1533");
  network_->all = {{"0.0.0.0", 1433, 77}, {"0.0.0.0", 1533, 1234}};
  EXPECT_EQ(first().address.port, 1533);
  check_listener_ = false;  // whoever listens
  EXPECT_EQ(first().address.port, 1433);
}

TEST_F(WindowsMachineTest, OlderServersHoldNoKeyAndNeedNotBeUp) {
  service({State::stopped, 0, false, false});
  registry_->set(default_key_ + R"(\Setup)", "PatchLevel", "15.0.4390.2");
  EXPECT_NE(first().skipped.find("SQL Server 15.0.4390.2 can't back up to S3"), std::string::npos);
  registry_->set(R"(SOFTWARE\WOW6432Node\Microsoft\Microsoft SQL Server\Instance Names\SQL)", "OLD",
                 "MSSQL12.OLD");
  EXPECT_EQ(found().size(), 1U);  // no service: nothing
  services_->services["MSSQL$OLD"] = WindowsService{State::running, 9, false, false};
  ASSERT_EQ(found().size(), 2U);
  EXPECT_NE(found().back().skipped.find("32-bit"), std::string::npos);
}

TEST_F(WindowsMachineTest, DamageHidesNobodyElse) {
  const std::string broken = registry_->add_instance("BROKEN", "1500");
  registry_->remove(broken);
  services_->services["MSSQL$BROKEN"] = WindowsService{State::running, 8, false, false};
  const std::string locked = registry_->add_instance("LOCKED", "1501");
  registry_->deny(locked);
  services_->services["MSSQL$LOCKED"] = WindowsService{State::running, 9, false, false};
  const auto all = found();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].unreachable, "");
  EXPECT_NE(all[1].unreachable.find("does not tell where its settings are"), std::string::npos);
  EXPECT_NE(all[2].unreachable.find("can't be read"), std::string::npos);
  // Whoever knows better says it.
  const auto mended = with_settings(machine()->instances(), {{"BROKEN", "", false, "", 1500}});
  EXPECT_EQ(mended->back().name, "BROKEN");
  EXPECT_EQ(mended->back().unreachable, "");
  EXPECT_EQ(mended->back().address.host, "127.0.0.1");
  EXPECT_EQ(mended->back().address.port, 1500);
}

TEST_F(WindowsMachineTest, TheConfigurationsPortTakesTheChannelsPlace) {
  registry_->set(default_key_ + kTcpKey, "Enabled", std::uint64_t{0});
  const auto mended = with_settings(machine()->instances(), {{"mssqlserver", "", false, "", 1500}});
  EXPECT_EQ(mended->back().address.channel + mended->back().note, "");
  EXPECT_EQ(mended->back().address.port, 1500);
}

TEST_F(WindowsMachineTest, ALockedRegistryIsNoEmptyHost) {
  registry_->deny(kSqlServer);
  EXPECT_NE(first().unreachable.find("can't be read"), std::string::npos);
  EXPECT_EQ(check({"127.0.0.1", 1433, "", ""}), "denied");
  registry_ = std::make_shared<FakeRegistry>();
  EXPECT_TRUE(found().empty());
}

}  // namespace
}  // namespace keyturn::host
