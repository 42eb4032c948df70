// Tells the log how a run goes.
#pragma once

#include "lambda/log.h"
#include "setup/watcher.h"

namespace keyturn::lambda {

class RunLog final : public setup::Watcher {
 public:
  explicit RunLog(Log& log) : log_(log) {}

  void step_began(const rotation::Step& step) override;
  void step_ended(const rotation::Step& step) override;
  void observing() override;
  void observed(const std::vector<rotation::TargetState>& targets) override;
  void visited(const fleet::Progress& visit) override;

 private:
  Log& log_;
};

}  // namespace keyturn::lambda
