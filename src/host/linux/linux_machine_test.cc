#include "host/linux/linux_machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

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
  EXPECT_TRUE(only().is_passive);
  write("var/opt/mssql/data/master.mdf", "");  // a replica has a master database of its own
  EXPECT_EQ(only().skipped, "");
  EXPECT_NE(only().unreachable, "");
  fs::remove(root_ / "var/opt/mssql/data/master.mdf");
  service_.is_enabled = true;
  EXPECT_EQ(only().skipped, "");
  service_ = {ServiceState::failed, false, std::nullopt, std::nullopt};
  EXPECT_EQ(only().skipped, "");
}

TEST_F(LinuxMachineTest, EachNodeNamesItsPacemakerCluster) {
  EXPECT_EQ(only().cluster, "");
  write("etc/corosync/corosync.conf",
        "# made by pcs\ntotem {\n    version: 2\n    cluster_name: sqlcluster\n    interface {\n"
        "        ringnumber: 0\n    }\n}\n\nnodelist {\n    node {\n        name: sql1\n    }\n}\n");
  EXPECT_EQ(only().cluster, "sqlcluster");
  EXPECT_FALSE(only().is_passive);
  service_ = {ServiceState::stopped, false, std::nullopt, std::nullopt};
  EXPECT_EQ(only().cluster, "sqlcluster");
  EXPECT_TRUE(only().is_passive);
  conf("[network]\ntcpport = fourteen\n");  // whose node it is, is known all the same
  EXPECT_EQ(only().cluster, "sqlcluster");
  EXPECT_FALSE(only().is_passive);
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

}  // namespace
}  // namespace keyturn::host
