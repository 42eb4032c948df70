#include "host/linux/linux_machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "host/instance_settings.h"
#include "host/local_connector.h"

namespace keyturn::host {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

class HandClock final : public Clock {
 public:
  TimePoint time = *parse_iso8601("2026-01-15T03:00:00Z");
  [[nodiscard]] TimePoint now() const override { return time; }
  void sleep_for(Duration duration, const StopFlag*) override { time += duration; }
};

class LinuxMachineTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void conf(const std::string& text) { write("var/opt/mssql/mssql.conf", text); }
  LinuxMachine machine() {
    return {{root_, "mssql-server", seconds{30}, check_listener_},
            [this](const std::string&) -> Result<Service> {
              ++asked_;
              if (starts_at_ && clock_.now() >= *starts_at_) service_.state = ServiceState::running;
              return service_;
            },
            [this] { return listeners_; },
            {0, 10001},
            clock_,
            &stop_};
  }
  Instance only() {
    auto found = machine().instances();
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Instance{} : found.front();
  }

  static fs::path make_root() {
    std::string name = (fs::temp_directory_path() / "keyturn-test-XXXXXX").string();
    return mkdtemp(name.data());
  }
  const fs::path root_ = make_root();
  HandClock clock_;
  StopFlag stop_;
  Service service_{ServiceState::running, true, std::nullopt, std::nullopt};
  bool check_listener_ = true;
  std::optional<TimePoint> starts_at_;
  std::vector<Listener> listeners_;
  int asked_ = 0;
};

TEST_F(LinuxMachineTest, FindsARunningInstance) {
  conf("[network]\ntcpport = 14330\n");
  write("var/opt/mssql/log/errorlog",
        "Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64) \n\tStandard Edition (64-bit) on Linux\n");
  const Instance instance = only();
  EXPECT_EQ(instance.name, "MSSQLSERVER");
  EXPECT_EQ(instance.address.host, "127.0.0.1");
  EXPECT_EQ(instance.address.port, 14330);
  EXPECT_TRUE(instance.is_local);
  EXPECT_EQ(instance.product_version, "16.0.1000.6");
  EXPECT_EQ(instance.edition, "Standard Edition (64-bit)");
  EXPECT_EQ(instance.skipped + instance.unreachable, "");
  EXPECT_TRUE(instance.certificate.empty());
}

TEST_F(LinuxMachineTest, TheUnitsPortGoesBeforeMssqlConf) {
  conf("[network]\ntcpport = 14330\nipaddress = 10.0.0.5\ntlscert = /etc/ssl/sql.pem\n");
  service_.port = "14440";
  const Instance instance = only();
  EXPECT_EQ(instance.address.port, 14440);
  EXPECT_EQ(instance.address.host, "10.0.0.5");
  EXPECT_EQ(instance.certificate, root_ / "etc/ssl/sql.pem");
}

TEST_F(LinuxMachineTest, NothingInstalledIsNoInstance) {
  for (const ServiceState state : {ServiceState::not_installed, ServiceState::unknown}) {
    service_.state = state;
    EXPECT_TRUE(machine().instances().empty());
  }
}

TEST_F(LinuxMachineTest, AStoppedServerIsKnownAndUnreachable) {
  service_ = {ServiceState::stopped, true, clock_.now() - seconds{60}, std::nullopt};
  Instance instance = only();
  EXPECT_EQ(instance.unreachable, "The service mssql-server is stopped.");
  EXPECT_EQ(instance.since, clock_.now() - seconds{60});
  EXPECT_EQ(instance.skipped, "");
  service_.state = ServiceState::failed;
  EXPECT_NE(only().unreachable.find("has failed"), std::string::npos);
}

TEST_F(LinuxMachineTest, WhoListensCountsForMoreThanWhatSystemdSays) {
  service_.state = ServiceState::stopped;
  listeners_ = {{"0.0.0.0", 1433, 10001}};
  EXPECT_EQ(only().unreachable, "");
  listeners_ = {{"0.0.0.0", 1433, 1000}};  // somebody took the port of a stopped server
  EXPECT_NE(only().unreachable, "");
}

TEST_F(LinuxMachineTest, TheListenerIsCheckedUnlessTheConfigurationSaysNot) {
  const sqlserver::SqlAddress address{"127.0.0.1", 1433, "", ""};
  listeners_ = {{"0.0.0.0", 1433, 1000}};
  EXPECT_EQ(machine().check_listener(address).error().kind, ErrorKind::denied);
  check_listener_ = false;
  EXPECT_TRUE(machine().check_listener(address));
  service_.state = ServiceState::stopped;  // whether SQL Server is up is another question
  EXPECT_NE(only().unreachable, "");
}

TEST_F(LinuxMachineTest, WithoutSystemdTheProgramTells) {
  service_ = Service{};
  write("opt/mssql/bin/sqlservr", "");
  EXPECT_EQ(only().unreachable, "");
}

TEST_F(LinuxMachineTest, APassiveNodeIsSkippedAndAStoppedReplicaIsNot) {
  write("etc/corosync/corosync.conf", "");
  service_ = {ServiceState::stopped, false, std::nullopt, std::nullopt};
  EXPECT_NE(only().skipped.find("passive node"), std::string::npos);
  write("var/opt/mssql/data/master.mdf", "");  // a replica has a master database of its own
  EXPECT_EQ(only().skipped, "");
  EXPECT_NE(only().unreachable, "");
  fs::remove(root_ / "var/opt/mssql/data/master.mdf");
  service_.is_enabled = true;
  EXPECT_EQ(only().skipped, "");
  service_ = {ServiceState::failed, false, std::nullopt, std::nullopt};
  EXPECT_EQ(only().skipped, "");
}

TEST_F(LinuxMachineTest, OneThatStartsIsWaitedForWithinBounds) {
  service_.state = ServiceState::starting;
  starts_at_ = clock_.now() + seconds{5};
  EXPECT_EQ(only().unreachable, "");
  EXPECT_EQ(asked_, 6);
  service_.state = ServiceState::starting;
  starts_at_ = clock_.now() + seconds{500};
  EXPECT_NE(only().unreachable.find("still starting after 30s"), std::string::npos);
}

TEST_F(LinuxMachineTest, AWaitEndsWhenTheStopIsAskedFor) {
  service_.state = ServiceState::starting;
  stop_.request();
  EXPECT_NE(only().unreachable, "");
  EXPECT_EQ(asked_, 1);
}

TEST_F(LinuxMachineTest, ADamagedMssqlConfMakesItsInstanceUnreachable) {
  conf("[network]\ntcpport = fourteen\n");
  EXPECT_NE(only().unreachable.find("network.tcpport"), std::string::npos);
  conf(std::string(2'000'000, '['));
  EXPECT_EQ(only().address.port, 1433);
  fs::remove(root_ / "var/opt/mssql/mssql.conf");
  fs::create_directories(root_ / "var/opt/mssql/mssql.conf");
  EXPECT_EQ(only().address.port, 1433);
  service_.port = "x";
  EXPECT_NE(only().unreachable.find("MSSQL_TCP_PORT"), std::string::npos);
}

// --- settings ---

std::vector<Instance> found() {
  std::vector<Instance> instances(2);
  instances[0].name = "MSSQLSERVER";
  instances[1].name = "PAYROLL";
  for (Instance& instance : instances) instance.address = {"127.0.0.1", 1433, ""};
  return instances;
}

std::string names_of(const Result<std::vector<Instance>>& instances) {
  std::string names;
  if (!instances) return instances.error().sentence();
  for (const Instance& instance : *instances) names += instance.name + " ";
  return names;
}

TEST(InstanceSettings, RenameLeaveOutAndAdd) {
  EXPECT_EQ(names_of(with_settings(found(), {})), "MSSQLSERVER PAYROLL ");
  EXPECT_EQ(names_of(with_settings(found(), {{"mssqlserver", "main", false, "", 0}})), "PAYROLL main ");
  EXPECT_EQ(names_of(with_settings(found(), {{"PAYROLL", "", true, "", 0}})), "MSSQLSERVER ");
  const auto added = with_settings(found(), {{"", "container", false, "", 14400}});
  EXPECT_EQ(names_of(added), "MSSQLSERVER PAYROLL container ");
  EXPECT_EQ(added->back().address.host, "127.0.0.1");
  EXPECT_EQ(added->back().address.port, 14400);
  // Two that change names.
  EXPECT_EQ(names_of(with_settings(found(), {{"MSSQLSERVER", "PAYROLL", false, "", 0},
                                             {"PAYROLL", "MSSQLSERVER", false, "", 0}})),
            "PAYROLL MSSQLSERVER ");
}

TEST(InstanceSettings, OneThatIsNotThereIsNotPassedOverInSilence) {
  const auto instances = with_settings(found(), {{"CRM", "", false, "", 0}, {"OLD", "", true, "", 0}});
  EXPECT_EQ(names_of(instances), "MSSQLSERVER PAYROLL CRM ");
  EXPECT_NE(instances->back().unreachable.find("CRM"), std::string::npos);
}

TEST(InstanceSettings, ANameIsGivenOnce) {
  const auto twice = with_settings(found(), {{"", "payroll", false, "", 14400}});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().kind, ErrorKind::usage);
}

TEST(InstanceSettings, AnotherAddressIsNoLocalOne) {
  const auto address = [](const std::string& text) {
    return with_settings(found(), {{"PAYROLL", "", false, text, 1500}})->back();
  };
  EXPECT_FALSE(address("sql01.example.com").is_local);
  EXPECT_FALSE(address("10.0.0.5").is_local);
  EXPECT_TRUE(address("127.0.0.2").is_local);
  EXPECT_EQ(address("localhost").address.host, "127.0.0.1");
}

// --- whom it talks to ---

class NamedConnector final : public sqlserver::SqlConnector {
 public:
  NamedConnector(std::string name, std::string& used) : name_(std::move(name)), used_(used) {}
  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const sqlserver::SqlAddress&,
                                                         const sqlserver::SqlLogin&, Duration) override {
    used_ = name_;
    return fail(ErrorKind::unavailable, name_);
  }

 private:
  const std::string name_;
  std::string& used_;
};

class FakeMachine final : public Machine {
 public:
  bool trusted = true;
  std::vector<Instance> instances() override { return {}; }
  Result<void> check_listener(const sqlserver::SqlAddress&) override {
    if (trusted) return {};
    return fail(ErrorKind::denied, "somebody else's");
  }
};

class LocalConnectorTest : public testing::Test {
 protected:
  std::string connect(std::vector<Instance> instances, bool always_configured = false) {
    used_.clear();
    Connectors connectors;
    connectors.configured = std::make_shared<NamedConnector>("configured", used_);
    connectors.unnamed =
        [this](const fs::path& certificate) -> Result<std::shared_ptr<sqlserver::SqlConnector>> {
      return std::make_shared<NamedConnector>("unnamed:" + certificate.string(), used_);
    };
    connectors.always_configured = always_configured;
    auto connector = LocalConnector::open(machine_, instances, connectors);
    (void)(*connector)->connect(instances.back().address, {}, seconds{1});
    return used_;
  }
  FakeMachine machine_;
  std::string used_;
};

TEST_F(LocalConnectorTest, EachAddressHasItsRule) {
  auto instances = found();
  EXPECT_EQ(connect(instances), "unnamed:");
  instances.back().certificate = "/sql.pem";
  EXPECT_EQ(connect(instances), "unnamed:/sql.pem");
  EXPECT_EQ(connect(instances, true), "configured");
  instances.back().is_local = false;
  instances.back().address.host = "sql01.example.com";
  EXPECT_EQ(connect(instances), "configured");
}

TEST_F(LocalConnectorTest, NobodyElseGetsTheLogin) {
  machine_.trusted = false;
  EXPECT_EQ(connect(found()), "");
  EXPECT_EQ(connect(found(), true), "configured");  // the certificate tells
}

}  // namespace
}  // namespace keyturn::host
