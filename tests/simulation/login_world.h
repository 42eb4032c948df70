// A fleet whose login's password keyturn rotates: the real fleet, T-SQL and decisions over simulated servers
// and a simulated secret, with every call behind a gate. After each call every server must let in whoever
// knows the labelled versions.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "fleet/direct_fleet.h"
#include "gate.h"
#include "login/rotator.h"
#include "sim/faults.h"
#include "sim/secrets_manager.h"
#include "sim/sql_connector.h"
#include "sim/virtual_clock.h"

namespace keyturn::simulation {

class LoginWorld {
 public:
  LoginWorld(int targets, std::uint64_t seed);

  // One process that runs `rotate` or `reconcile`; nothing where it died.
  std::optional<login::Report> run(bool asked, Gate& gate);

  void set_reachable(int target, bool reachable);
  void set_may_change(int target, bool may);  // Windows's minimum password age
  void pass_time(Duration duration) { clock.advance(duration); }

  // Empty where every server takes a password that a labelled version holds. Told once.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  void check(const std::string& when);

  [[nodiscard]] std::string version_at(const std::string& stage) const;  // its id; empty: none
  [[nodiscard]] bool all_on(const std::string& stage) const;
  [[nodiscard]] std::size_t size() const { return servers.size(); }

  sim::VirtualClock clock{parse_iso8601("2026-03-01T12:00:00Z").value()};
  SeededRandom random;
  sim::SecretsManager secrets{clock, random};
  std::deque<sim::SqlServer> servers;

 private:
  [[nodiscard]] bool takes_a_labelled_password(const sim::SqlServer& server) const;

  sim::FaultBoard faults_;
  sim::SimSqlConnector connector_{faults_};
  std::vector<fleet::InventoryTarget> inventory_;
  std::vector<std::string> violations_;
};

}  // namespace keyturn::simulation
