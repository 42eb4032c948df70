// Three hosts over Systems Manager, and how each of them answers.
#pragma once

#include <gtest/gtest.h>

#include "hosts.h"

namespace keyturn::test {

using namespace std::chrono_literals;
using rotation::Stage;
using rotation::Standing;
using rotation::TargetState;

// A host that answers with two instances, or as a test has it.
class SsmFleetTest : public testing::Test {
 protected:
  SsmFleetTest() {
    for (const char* name : {"sql1", "sql2", "sql3"}) ids_[name] = account_.add_host(name);
    account_.world.ssm().set_agent(agent_);
  }

  sim::AgentResult answer(const HostJob& job) {
    if (const auto given = answers_.find(job.instance_id); given != answers_.end()) return given->second(job);
    return printed(good_report(job));
  }
  static report::HostReport good_report(const HostJob& job,
                                        const std::vector<std::string>& names = {"MSSQLSERVER"}) {
    report::HostReport report = report_of(job);
    for (const std::string& name : names) {
      report::HostInstance instance;
      instance.state.name = name;
      instance.state.standing = Standing::updatable;
      instance.state.credentials.push_back({kBucketUrl, true, TimePoint{1s}, "AKIAX", TimePoint{2s}});
      report.instances.push_back(std::move(instance));
    }
    return report;
  }
  void answers(const std::string& host, std::function<sim::AgentResult(const HostJob&)> with) {
    answers_[ids_.at(host)] = std::move(with);
  }
  void answers_with(const std::string& host, sim::AgentResult result) {
    answers(host, [result](const HostJob&) { return result; });
  }

  std::map<std::string, TargetState> observe(fleet::SsmFleet& fleet) {
    const auto states = fleet.observe();
    EXPECT_TRUE(states) << states.error().sentence();
    std::map<std::string, TargetState> by_name;
    if (!states) return by_name;
    for (const TargetState& state : *states)
      EXPECT_TRUE(by_name.emplace(state.name, state).second) << state.name;
    return by_name;
  }
  std::map<std::string, TargetState> observe() {
    fleet::SsmFleet fleet = account_.fleet();
    return observe(fleet);
  }
  rotation::Fleet::Order order(std::vector<std::string> targets) {
    return {"v-1", Stage::pending, std::move(targets), account_.clock.now() + 15min};
  }
  std::map<std::string, rotation::Fleet::Outcome> write(const rotation::Fleet::Order& order) {
    fleet::SsmFleet fleet = account_.fleet();
    std::map<std::string, rotation::Fleet::Outcome> by_name;
    for (auto& outcome : fleet.write(order)) by_name.emplace(outcome.target, std::move(outcome));
    return by_name;
  }
  void expect_silent(const std::map<std::string, TargetState>& states, const std::string& host,
                     const std::string& part) {
    ASSERT_TRUE(states.contains(host));
    EXPECT_EQ(states.at(host).standing, Standing::unreachable);
    EXPECT_NE(states.at(host).reason.find(part), std::string::npos) << states.at(host).reason;
  }

  Account account_;
  std::map<std::string, std::string> ids_;
  std::map<std::string, std::function<sim::AgentResult(const HostJob&)>> answers_;
  std::shared_ptr<Hosts> agent_ =
      std::make_shared<Hosts>(account_.clock, [this](const HostJob& job) { return answer(job); });
};

}  // namespace keyturn::test
