// Simulated hosts behind the simulated Systems Manager: what `keyturn apply` does on one, without a process.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "account.h"
#include "report/host_report.h"
#include "sim/sql_connector.h"
#include "sim/ssm.h"

namespace keyturn::test {

// What a command asked of one host.
struct HostJob {
  std::string instance_id;
  std::map<std::string, std::string> parameters;
};

// Answers a while after it was asked; the work is done at that moment.
class Hosts final : public sim::Agent {
 public:
  using Work = std::function<sim::AgentResult(const HostJob&)>;
  Hosts(Clock& clock, Work work) : clock_(clock), work_(std::move(work)) {}

  void start(const sim::AgentJob& job) override;
  std::optional<sim::AgentResult> poll(const std::string& command_id,
                                       const std::string& instance_id) override;
  void kill(const std::string& command_id, const std::string& instance_id) override;

  std::map<std::string, Duration> takes;  // by instance id; else kUsual
  std::set<std::string> dead;             // never answer
  int killed = 0;

 private:
  static constexpr Duration kUsual = std::chrono::seconds{3};
  struct Running {
    HostJob job;
    TimePoint due;
  };

  Clock& clock_;
  const Work work_;
  std::map<std::pair<std::string, std::string>, Running> running_;
};

// A report as a host prints it.
sim::AgentResult printed(const report::HostReport& report);
report::HostReport report_of(const HostJob& job);

// Hosts with simulated SQL Servers: the direct fleet on loopback, with the host's own clients of AWS.
class SqlHosts {
 public:
  explicit SqlHosts(Account& account);

  // `instances`: "MSSQLSERVER" is the default one. The servers hold the key that is current now.
  std::string add(const std::string& name, const std::vector<std::string>& instances = {"MSSQLSERVER"});
  [[nodiscard]] std::string held(const std::string& host, const std::string& instance = "MSSQLSERVER");
  [[nodiscard]] sim::SqlServer& server(const std::string& host, const std::string& instance = "MSSQLSERVER");
  Hosts& agent() { return *agent_; }

  // The servers of the hosts that were added with this instance are nodes of one failover cluster instance;
  // `active` alone runs it. Empty: none does.
  void cluster(const std::string& instance, const std::string& active) { active_[instance] = active; }

  std::function<void(const HostJob&)> before_work;  // just before a host begins to look at its servers

 private:
  struct Instance {
    std::string host, name;
    std::unique_ptr<sim::SqlServer> server;
  };
  sim::AgentResult work(const HostJob& job);
  [[nodiscard]] bool is_passive(const Instance& instance) const {
    const auto active = active_.find(instance.name);
    return active != active_.end() && active->second != instance.host;
  }
  void add_cluster(report::HostReport& report, const std::string& host) const;

  Account& account_;
  const aws::AwsContext aws_;  // of the hosts' role
  sim::SimSqlConnector connector_;
  std::deque<Instance> instances_;
  std::map<std::string, std::string> host_of_;  // by instance id
  std::map<std::string, std::string> active_;   // node, by the name of a failover cluster instance
  std::shared_ptr<Hosts> agent_;
};

}  // namespace keyturn::test
