// `rotate --compromised`: what it gives up is said, nothing else is lost, and no later run brings the key
// back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.h"

namespace keyturn::simulation {
namespace {

using rotation::Command;
using rotation::Outcome;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// One target of three is away, and it alone may lose out.
class Compromised : public testing::Test {
 protected:
  static Setting setting() {
    Setting setting;
    setting.targets = 3;
    setting.settled = true;
    return setting;
  }
  static void leak(Scenario& scenario) {
    scenario.options.compromised = true;
    scenario.target("c").reachable = false;
    scenario.given_up = {"c"};
    scenario.backups_may_fail = true;
  }
};

TEST_F(Compromised, TheLeakedKeyIsGoneWhenTheRunEnds) {
  Scenario scenario(setting());
  const std::string leaked = scenario.current_key();
  leak(scenario);
  const auto result = scenario.run(Command::rotate);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::incomplete);
  EXPECT_THAT(scenario.key_ids(), Not(Contains(leaked)));
  EXPECT_EQ(result->steps.back().action, "delete_key");
  EXPECT_THAT(result->steps.back().reason, HasSubstr("backups of c fail"));
  EXPECT_THAT(scenario.violations(), IsEmpty());

  scenario.options.compromised = false;
  scenario.target("c").reachable = true;
  scenario.converge();
  EXPECT_TRUE(scenario.works_everywhere());
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST_F(Compromised, AnOldKeyInTheSecondSlotGoesFirst) {
  Scenario scenario(setting());
  const std::string oldest = scenario.current_key();
  scenario.run(Command::rotate);
  const std::string leaked = scenario.current_key();
  ASSERT_THAT(scenario.key_ids(), Contains(oldest));
  leak(scenario);
  scenario.run(Command::rotate);
  EXPECT_THAT(scenario.key_ids(), Not(Contains(leaked)));
  EXPECT_THAT(scenario.key_ids(), Not(Contains(oldest)));
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST_F(Compromised, WhereverItDiesTheOtherTargetsKeepWorkingAndARerunEndsIt) {
  for (const Verdict verdict : {Verdict::crash_before, Verdict::crash_after, Verdict::reply_lost,
                                Verdict::throttle, Verdict::refuse}) {
    for (int effect = 0;; ++effect) {
      Scenario scenario(setting());
      const std::string leaked = scenario.current_key();
      leak(scenario);
      FaultAt gate(effect, verdict);
      scenario.run(Command::rotate, gate);
      if (gate.hit().empty()) {
        EXPECT_GE(effect, 7);  // intent, create, store, close, two commits, promote, drop, delete
        break;
      }
      for (int rerun = 0; rerun < 3; ++rerun) {
        scenario.pass_time(scenario.setting.policy.orphan_min_age * 2);
        scenario.run(Command::rotate);
      }
      EXPECT_THAT(scenario.key_ids(), Not(Contains(leaked))) << gate.hit();
      EXPECT_THAT(scenario.violations(), IsEmpty()) << gate.hit() << " verdict " << int(verdict);
      scenario.options.compromised = false;
      scenario.target("c").reachable = true;
      scenario.converge();
      EXPECT_TRUE(scenario.works_everywhere()) << gate.hit();
    }
  }
}

}  // namespace
}  // namespace keyturn::simulation
