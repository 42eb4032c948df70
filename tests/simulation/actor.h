// A run that others can overtake: it stands still before each of its calls until it is told to go on.
#pragma once

#include <optional>
#include <semaphore>
#include <string>
#include <thread>

#include "scenario.h"

namespace keyturn::simulation {

// The run has a thread of its own, but only one of all threads is ever awake: control is handed over, never
// shared.
class Actor final : private Gate {
 public:
  // Stands before its first call when this returns.
  Actor(Scenario& scenario, rotation::Command command);
  // Lets an unfinished run end.
  ~Actor() override;
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  // Makes the call it stands before, and goes on to the next. False: the run has ended.
  bool step();
  // `count` steps, or fewer if the run ends.
  void steps(int count);
  // Goes on until it stands before that operation. False: it ended without it.
  bool run_until(const std::string& operation);
  void finish();
  // The process dies where it stands.
  void crash();

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] const std::string& before() const { return before_.operation; }
  [[nodiscard]] const std::optional<rotation::RunResult>& result() const { return result_; }

 private:
  Verdict pass(const Call& call) override;
  void hand_over();

  Call before_;
  bool ended_ = false;
  bool dies_ = false;
  std::optional<rotation::RunResult> result_;
  std::binary_semaphore go_{0};
  std::binary_semaphore stands_{0};
  std::thread thread_;
};

}  // namespace keyturn::simulation
