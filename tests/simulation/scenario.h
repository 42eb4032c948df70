// One world with an account, a fleet under continuous backups, and the checkers that watch both after every
// step.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "command_fleet.h"
#include "rotation/engine.h"
#include "sim/virtual_clock.h"
#include "sim_fleet.h"
#include "target.h"

namespace keyturn::simulation {

// Short enough that a life of a key fits into minutes of virtual time; related as the defaults are.
rotation::Policy short_policy();

struct Setting {
  int targets = 2;
  std::uint64_t seed = 1;
  Duration backup_length{5'000};
  sim::IamSettings iam{};
  rotation::Policy policy = short_policy();
  Guards guards{};
  bool over_commands = false;  // targets are written by Run Command
  bool settled = false;        // keyturn has been here: every target has its marker
  bool placeholder = false;    // the secret holds the blog's AAA:bbbbbb, and there is no key yet
};

class Scenario {
 public:
  explicit Scenario(Setting setting_in);

  // What the run's engine is told beside the command; also of later runs.
  rotation::RunOptions options;
  // RotateSecret of Secrets Manager, up to the first call of its function: a version that bears AWSPENDING
  // and has no value yet. Returns its id.
  std::string prepare_native_rotation();

  // A whole run with a gate of its own. Crash is caught here: nothing then, as nobody lived to tell.
  std::optional<rotation::RunResult> run(rotation::Command command, Gate& gate);
  std::optional<rotation::RunResult> run(rotation::Command command) { return run(command, open_gate_); }

  // Moves time in small steps, so that backups begin and end on the way.
  void pass_time(Duration duration);
  // Called at every gate: a moment passes, backups go on, the invariants are checked.
  void tick();

  // Once faults have stopped: how many reconciles, time passing between them, until one reports `done` and
  // the world is at rest. Fails the test if it takes more than `limit`.
  int converge(int limit = 12);

  [[nodiscard]] Target& target(const std::string& name);
  // Restored from an old image, or new: it has no credential, and its backups fail until it gets one.
  void lose_credential(const std::string& name);
  // A key that a person makes, keyturn's eyes off.
  std::string make_foreign_key();

  [[nodiscard]] std::vector<std::string> violations() const { return violations_; }
  [[nodiscard]] std::string current_key();  // that AWSCURRENT names
  [[nodiscard]] std::string pending_key();
  [[nodiscard]] std::vector<std::string> key_ids();
  [[nodiscard]] bool works_everywhere();

  // Faults of the hosts: their calls pass this gate, and time.
  void watch_hosts(Gate* gate);

  sim::VirtualClock clock;
  SeededRandom random;
  sim::World world;
  std::deque<Target> targets;
  Setting setting;
  CommandHosts hosts{world, targets, setting.guards};
  bool backups_may_fail = false;       // a key was taken away on purpose: only what targets hold counts
  std::set<std::string> given_up;      // targets that may lose their key: written off by name
  std::set<std::string> refused_keys;  // S3 refuses them to whoever proves them, backups excepted

 private:
  void check();
  void violated(const std::string& what);
  [[nodiscard]] std::optional<std::string> value_at(const std::string& stage);
  [[nodiscard]] bool at_rest();
  // Some target's proof backup with the key passed, or none is wanted, or the key is not one of keyturn's.
  [[nodiscard]] bool passed_its_proof(const std::string& key) const;

  OpenGate open_gate_;
  std::unique_ptr<Gate> host_gate_;
  std::set<std::string> worked_;   // targets that held a working key at some time
  std::set<std::string> foreign_;  // keys of persons: not ours to touch
  std::string first_key_;          // the one that was there before keyturn
  bool current_was_live_ = false;
  std::vector<std::string> violations_;
};

}  // namespace keyturn::simulation
