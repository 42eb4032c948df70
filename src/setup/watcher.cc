#include "setup/watcher.h"

namespace keyturn::setup {

Result<std::vector<rotation::TargetState>> WatchedFleet::observe() {
  watcher_.observing();
  auto targets = fleet_.observe();
  if (targets) watcher_.observed(*targets);
  return targets;
}

}  // namespace keyturn::setup
