#include "lab/hosts.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "lab/host_agent.h"

namespace keyturn::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class HostsTest : public ::testing::Test {
 protected:
  HostsTest() {
    std::string name = (fs::temp_directory_path() / "keyturn-hosts-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    world_.iam().add_role("keyturn-host", {});
    metadata_.set_endpoint("http://127.0.0.1:9");
    hosts_.emplace(
        HostParts{world_, metadata_, processes_, folder_, "/bin/true", "/ca.pem", "us-east-1", {}});
    agent_ = std::make_shared<HostAgent>(*hosts_);
    put(true);
  }
  ~HostsTest() override {
    agent_->stop_all();
    fs::remove_all(folder_);
  }

  void put(bool running) {
    const auto done = hosts_->put({"SQL02", "i-2", "linux", {}, running},
                                  {{"PAYROLL", 1500, "16.0.4085.2", "Standard Edition (64-bit)", running,
                                    *parse_iso8601("2026-11-23T16:18:42Z")},
                                   {"CRM", 1501, "16.0.4085.2", "Standard Edition (64-bit)", true, {}}});
    ASSERT_TRUE(done) << done.error().message;
  }
  static sim::AgentJob job(const std::string& script, const std::string& plugin = "aws:runShellScript") {
    return {"c-1", "i-2", "step", plugin, script, std::chrono::seconds{60}};
  }
  std::optional<sim::AgentResult> result() {
    for (int i = 0; i < 1000; ++i) {
      if (auto result = agent_->poll("c-1", "i-2")) return result;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return std::nullopt;
  }
  // Starts a step that would run for a minute, and waits for it to begin.
  void start_long_step() {
    agent_->start(job("echo $$ > id; exec sleep 60"));
    const fs::path file = folder_ / "SQL02/var/lib/amazon/ssm/c-1/step/id";
    while (content_of(file).empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  sim::PingStatus ping() { return world_.ssm().nodes().at(0).ping; }

  SystemClock clock_;
  SeededRandom random_{1};
  sim::World world_{clock_, random_};
  MetadataService metadata_{world_, {"keyturn-host", "us-east-1", std::chrono::hours{1}}};
  ProcessTable processes_;
  fs::path folder_;
  std::optional<Hosts> hosts_;
  std::shared_ptr<HostAgent> agent_;
};

TEST_F(HostsTest, TheRootHoldsWhatDiscoveryReads) {
  const fs::path root = folder_ / "SQL02";
  EXPECT_THAT(content_of(root / "var/opt/mssql/mssql.conf"), HasSubstr("tcpport = 1500\n"));
  EXPECT_THAT(content_of(root / "var/opt/mssql/log/errorlog"), HasSubstr(" - 16.0.4085.2 (X64)"));
  EXPECT_THAT(content_of(root / "etc/keyturn/keyturn.toml"),
              HasSubstr("name = \"CRM\"\naddress = \"127.0.0.1\"\nport = 1501\n"));
  EXPECT_EQ(fs::read_symlink(root / "bin/keyturn"), "/bin/true");
}

TEST_F(HostsTest, ItsSystemctlTellsOfTheService) {
  agent_->start(
      job("systemctl show --property=ActiveState -- mssql-server; systemctl is-active mssql-server; "
          "systemctl show -- other.service"));
  const auto running = result();
  ASSERT_TRUE(running);
  EXPECT_THAT(running->out, HasSubstr("LoadState=loaded\nActiveState=active\n"));
  EXPECT_THAT(running->out, HasSubstr("StateChangeTimestamp=Mon 2026-11-23 16:18:42 UTC\n"));
  EXPECT_THAT(running->out, HasSubstr("\nactive\n"));
  EXPECT_THAT(running->out, HasSubstr("LoadState=not-found\n"));
}

TEST_F(HostsTest, AStepRunsWithTheHostsEnvironment) {
  agent_->start(
      job("echo $SSM_COMMAND_ID $AWS_SSM_INSTANCE_ID $KEYTURN_HOST_ROOT; command -v keyturn; pwd; "
          "echo bad >&2; exit 4"));
  const auto ended = result();
  ASSERT_TRUE(ended);
  const std::string root = (folder_ / "SQL02").string();
  EXPECT_EQ(ended->exit_code, 4);
  EXPECT_EQ(ended->out,
            "c-1 i-2 " + root + "\n" + root + "/bin/keyturn\n" + root + "/var/lib/amazon/ssm/c-1/step\n");
  EXPECT_EQ(ended->err, "bad\n");
}

TEST_F(HostsTest, AnOfflineHostTellsOfItsEndWhenItIsBack) {
  EXPECT_EQ(ping(), sim::PingStatus::online);
  agent_->start(job("true"));
  ASSERT_TRUE(hosts_->set_offline("SQL02", true));
  EXPECT_EQ(ping(), sim::PingStatus::connection_lost);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(agent_->poll("c-1", "i-2"));
  ASSERT_TRUE(hosts_->set_offline("i-2", false));
  EXPECT_TRUE(result());
}

TEST_F(HostsTest, AStoppedHostIsNeverHeardOfAgain) {
  start_long_step();
  const pid_t id = std::stoi(content_of(folder_ / "SQL02/var/lib/amazon/ssm/c-1/step/id"));
  put(false);
  EXPECT_EQ(ping(), sim::PingStatus::connection_lost);
  EXPECT_FALSE(agent_->poll("c-1", "i-2"));
  EXPECT_NE(::kill(id, 0), 0);  // killed and reaped
  put(true);
  EXPECT_FALSE(agent_->poll("c-1", "i-2"));
}

TEST_F(HostsTest, AFaultKillsWhoeverSignedOrConnected) {
  start_long_step();
  const auto session = *world_.iam().assume_role("keyturn-host", "i-2", std::chrono::hours{1});
  const auto other = *world_.iam().assume_role("keyturn-host", "i-3", std::chrono::hours{1});
  hosts_->kill({other.access_key_id, {}}, {});
  EXPECT_FALSE(agent_->poll("c-1", "i-2"));
  hosts_->kill({session.access_key_id, {}}, {});
  EXPECT_EQ(result()->exit_code, 137);
  start_long_step();
  hosts_->kill({{}, "sql02-crm"}, "SQL02");
  EXPECT_EQ(result()->exit_code, 137);
}

TEST_F(HostsTest, WhatIsNotManagedIsNoNode) {
  ASSERT_TRUE(hosts_->set_managed("SQL02", false));
  EXPECT_TRUE(world_.ssm().nodes().empty());
  ASSERT_TRUE(hosts_->set_managed("SQL02", true));
  EXPECT_EQ(world_.ssm().nodes().at(0).computer_name, "SQL02");
  EXPECT_FALSE(hosts_->set_managed("SQL03", true));
}

TEST_F(HostsTest, WithoutWineWindowsHasNoRootAndRunsNothing) {
  ASSERT_TRUE(hosts_->put({"WIN", "i-9", "windows", {}, true}, {}));
  sim::AgentJob windows = job("exit 0", "aws:runPowerShellScript");
  windows.instance_id = "i-9";
  agent_->start(windows);
  const auto ended = agent_->poll("c-1", "i-9");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 1);
  EXPECT_THAT(ended->err, HasSubstr("can't run aws:runPowerShellScript on WIN"));
  EXPECT_FALSE(fs::exists(folder_ / "WIN"));
}

}  // namespace
}  // namespace keyturn::lab
