// rotation::Fleet over the simulated targets, with the guards of a visit as the T-SQL batch has them.
#pragma once

#include <deque>

#include "rotation/ports.h"
#include "sim_ports.h"
#include "target.h"

namespace keyturn::simulation {

// All on. Taking one away plants the bug that a test must find.
struct Guards {
  bool stage_is_checked_after_the_read = true;
  bool dates_are_checked_in_the_transaction = true;
  bool deadline_is_checked_in_the_transaction = true;
  bool running_backups_are_seen = true;
};

class SimFleet final : public rotation::Fleet {
 public:
  SimFleet(Passage passage, rotation::SecretStore& store, std::deque<Target>& targets, Guards guards)
      : passage_(passage), store_(store), targets_(targets), guards_(guards) {}

  Result<std::vector<rotation::TargetState>> observe() override;
  std::vector<Outcome> write(const Order& order) override;

 private:
  Outcome visit(const Order& order, const rotation::KeyPair& pair, Target& target);
  [[nodiscard]] Result<void> check_stage(const Order& order);
  Result<void> prove_backup(const Order& order, const rotation::KeyPair& pair, Target& target);
  Result<void> commit(const Order& order, const rotation::KeyPair& pair, Target& target,
                      const rotation::TargetState& as_read);

  Passage passage_;
  rotation::SecretStore& store_;
  std::deque<Target>& targets_;
  Guards guards_;
};

}  // namespace keyturn::simulation
