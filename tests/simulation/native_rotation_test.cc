// Secrets Manager's native rotation: four calls over the same loop, each re-entrant, beside a schedule's
// runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.h"

namespace keyturn::simulation {
namespace {

using rotation::Command;
using rotation::Outcome;
using rotation::Reach;
using testing::IsEmpty;

Setting settled(int targets) {
  Setting setting;
  setting.targets = targets;
  setting.settled = true;
  return setting;
}

struct StepCall {
  Command command;
  Reach reach;
};
constexpr StepCall kSteps[] = {
    {Command::rotate, Reach::create},         // createSecret
    {Command::reconcile, Reach::distribute},  // setSecret
    {Command::reconcile, Reach::distribute},  // testSecret
    {Command::reconcile, Reach::everything},  // finishSecret
};

std::optional<rotation::RunResult> call(Scenario& scenario, const std::string& token, const StepCall& step,
                                        Gate& gate) {
  scenario.options = {step.reach, token, false};
  auto result = scenario.run(step.command, gate);
  scenario.options = {};
  return result;
}

TEST(NativeRotation, FourCallsTurnTheKeyUnderTheServicesToken) {
  Scenario scenario(settled(2));
  OpenGate open;
  const std::string before = scenario.current_key();
  const std::string token = scenario.prepare_native_rotation();
  for (const StepCall& step : kSteps) {
    const auto result = call(scenario, token, step, open);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->outcome, Outcome::done) << result->reason;
    // Each may be called again.
    EXPECT_EQ(call(scenario, token, step, open)->outcome, Outcome::done);
    if (step.reach != Reach::everything) {
      EXPECT_EQ(scenario.current_key(), before);
    }
  }
  EXPECT_NE(scenario.current_key(), before);
  EXPECT_TRUE(scenario.world.secrets().secret(kSecret)->version(token)->stages.contains("AWSCURRENT"));
  EXPECT_THAT(scenario.violations(), IsEmpty());
  scenario.converge();
}

TEST(NativeRotation, AScheduledRunLeavesAPreparedVersionAlone) {
  Scenario scenario(settled(2));
  OpenGate open;
  const std::string token = scenario.prepare_native_rotation();
  EXPECT_EQ(scenario.run(Command::reconcile)->outcome, Outcome::another_run);
  EXPECT_EQ(scenario.run(Command::rotate)->outcome, Outcome::another_run);
  for (const StepCall& step : kSteps) EXPECT_EQ(call(scenario, token, step, open)->outcome, Outcome::done);
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(NativeRotation, DiesAnywhereAndTheServicesRetryGoesOn) {
  for (const Verdict verdict :
       {Verdict::crash_before, Verdict::crash_after, Verdict::reply_lost, Verdict::throttle}) {
    for (int effect = 0;; ++effect) {
      Scenario scenario(settled(2));
      FaultAt gate(effect, verdict);
      const std::string token = scenario.prepare_native_rotation();
      for (const StepCall& step : kSteps) {
        // Secrets Manager calls a step again until it succeeds; a scheduled run comes in between.
        for (int attempt = 0; attempt < 5; ++attempt) {
          const auto result = call(scenario, token, step, gate);
          if (result && result->outcome == Outcome::done) break;
          scenario.pass_time(scenario.setting.policy.orphan_min_age / 2 + std::chrono::seconds{1});
          scenario.run(Command::reconcile, gate);
        }
      }
      if (gate.hit().empty()) {
        EXPECT_GE(effect, 7);  // intent, create, store, close, two commits, promote
        break;
      }
      scenario.converge();
      EXPECT_THAT(scenario.violations(), IsEmpty()) << gate.hit() << " verdict " << int(verdict);
      EXPECT_TRUE(scenario.works_everywhere()) << gate.hit();
    }
  }
}

}  // namespace
}  // namespace keyturn::simulation
