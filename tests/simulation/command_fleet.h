// The fleet behind Run Command: what a run orders is carried out by hosts of their own, which start late, go
// on when the run that ordered it has died, and die themselves.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "gate.h"
#include "rotation/ports.h"
#include "sim_fleet.h"
#include "target.h"

namespace keyturn::simulation {

// Outlives the runs: SSM's queue of commands, and the hosts that carry them out.
class CommandHosts {
 public:
  CommandHosts(sim::World& world, std::deque<Target>& targets, Guards guards)
      : world_(world), targets_(targets), guards_(guards) {}

  // How long a command takes to reach its host, from now on.
  void delay(Duration delay) { delay_ = delay; }
  // Every call of a host passes `gate` from now on; null: none does.
  void watch(Gate* gate) { gate_ = gate; }

  // One command to each of the order's targets; answers its number.
  int send(const rotation::Fleet::Order& order);
  // Carries out what is due. Does nothing where it is under way already: hosts' own calls move time, too.
  void advance();
  // What a host reported, or nothing while it has not, or died over it.
  [[nodiscard]] const rotation::Fleet::Outcome* report(int command, const std::string& target) const;

 private:
  struct Job {
    int command = 0;
    std::string target;
    rotation::Fleet::Order order;
    TimePoint starts_at;
  };
  void carry_out(const Job& job);

  sim::World& world_;
  std::deque<Target>& targets_;
  const Guards guards_;
  Duration delay_{0};
  Gate* gate_ = nullptr;
  OpenGate open_;
  int last_command_ = 0;
  bool advancing_ = false;
  std::deque<Job> queue_;
  std::map<std::pair<int, std::string>, rotation::Fleet::Outcome> reports_;
};

class CommandFleet final : public rotation::Fleet {
 public:
  CommandFleet(Passage passage, SimFleet& looks, CommandHosts& hosts)
      : passage_(passage), looks_(looks), hosts_(hosts) {}

  // A look is a command as well; what matters of it is what the direct look shows: each target, or that it is
  // away.
  Result<std::vector<rotation::TargetState>> observe() override { return looks_.observe(); }
  std::vector<Outcome> write(const Order& order) override;

 private:
  Passage passage_;
  SimFleet& looks_;
  CommandHosts& hosts_;
};

}  // namespace keyturn::simulation
