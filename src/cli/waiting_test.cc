#include "cli/waiting.h"

#include <gtest/gtest.h>

#include <vector>

namespace keyturn::cli {
namespace {

using rotation::Command;
using rotation::Outcome;
using rotation::RunResult;

class FakeClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  void sleep_for(Duration duration, const StopFlag* /*stop*/) override { now_ += duration; }

 private:
  TimePoint now_{};
};

RunResult result_of(Outcome outcome, std::vector<std::string> pending = {}) {
  RunResult result;
  result.outcome = outcome;
  result.pending_work = std::move(pending);
  result.steps.resize(1);
  return result;
}

struct Script {
  std::vector<RunResult> results;
  std::vector<Command> commands{};

  RunOnce runner() {
    return [this](Command command) {
      commands.push_back(command);
      RunResult result = results.front();
      if (results.size() > 1) results.erase(results.begin());
      return result;
    };
  }
};

TEST(Waiting, GoesOnUntilNothingIsLeft) {
  Script script{
      {result_of(Outcome::done, {"grace"}), result_of(Outcome::incomplete), result_of(Outcome::done)}};
  FakeClock clock;
  const StopFlag stop;
  const RunResult result = run_and_wait(script.runner(), Command::rotate, std::chrono::hours{1}, clock, stop);
  EXPECT_EQ(result.outcome, Outcome::done);
  EXPECT_EQ(result.steps.size(), 3U);
  EXPECT_EQ(script.commands, (std::vector<Command>{Command::rotate, Command::reconcile, Command::reconcile}));
}

TEST(Waiting, ARotationThatCouldNotBeginIsStillToBeDone) {
  Script script{{result_of(Outcome::incomplete), result_of(Outcome::done)}};
  FakeClock clock;
  const StopFlag stop;
  run_and_wait(script.runner(), Command::rotate, std::chrono::hours{1}, clock, stop);
  EXPECT_EQ(script.commands, (std::vector<Command>{Command::rotate, Command::rotate}));
}

TEST(Waiting, EndsWhenTheTimeIsOver) {
  Script script{{result_of(Outcome::done, {"grace"})}};
  FakeClock clock;
  const StopFlag stop;
  run_and_wait(script.runner(), Command::reconcile, std::chrono::seconds{10}, clock, stop);
  EXPECT_EQ(clock.now(), TimePoint{std::chrono::seconds{10}});
  EXPECT_EQ(script.commands.size(), 11U);
}

TEST(Waiting, OneRunWithoutIt) {
  Script script{{result_of(Outcome::incomplete)}};
  FakeClock clock;
  const StopFlag stop;
  run_and_wait(script.runner(), Command::rotate, Duration{0}, clock, stop);
  EXPECT_EQ(script.commands.size(), 1U);
}

TEST(Waiting, WhatAPersonMustSettleEndsIt) {
  for (const Outcome outcome : {Outcome::failed, Outcome::blocked, Outcome::bad_usage}) {
    Script script{{result_of(outcome, {"grace"})}};
    FakeClock clock;
    const StopFlag stop;
    run_and_wait(script.runner(), Command::rotate, std::chrono::hours{1}, clock, stop);
    EXPECT_EQ(script.commands.size(), 1U);
  }
}

TEST(Waiting, ARotationThatAnotherRunHeldUpIsStillRotated) {
  Script script{{result_of(Outcome::another_run), result_of(Outcome::done)}};
  FakeClock clock;
  const StopFlag stop;
  run_and_wait(script.runner(), Command::rotate, std::chrono::hours{1}, clock, stop);
  EXPECT_EQ(script.commands, (std::vector<Command>{Command::rotate, Command::rotate}));
}

TEST(Waiting, AStopEndsIt) {
  Script script{{result_of(Outcome::incomplete)}};
  FakeClock clock;
  StopFlag stop;
  stop.request();
  run_and_wait(script.runner(), Command::rotate, std::chrono::hours{1}, clock, stop);
  EXPECT_EQ(script.commands.size(), 1U);
}

}  // namespace
}  // namespace keyturn::cli
