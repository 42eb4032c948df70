// Who is told how a rotation goes: the terminal's progress, a log.
#pragma once

#include <vector>

#include "fleet/direct_fleet.h"
#include "rotation/engine.h"

namespace keyturn::setup {

// Steps come on the engine's thread, visits on any.
class Watcher : public rotation::EventSink {
 public:
  virtual void observing() = 0;  // the fleet is about to be read
  virtual void observed(const std::vector<rotation::TargetState>& targets) = 0;
  virtual void visited(const fleet::Progress& visit) = 0;
};

// A fleet that tells the watcher what it saw.
class WatchedFleet final : public rotation::Fleet {
 public:
  WatchedFleet(rotation::Fleet& fleet, Watcher& watcher) : fleet_(fleet), watcher_(watcher) {}
  Result<std::vector<rotation::TargetState>> observe() override;
  std::vector<Outcome> write(const Order& order) override { return fleet_.write(order); }

 private:
  rotation::Fleet& fleet_;
  Watcher& watcher_;
};

}  // namespace keyturn::setup
