// The faults under which the scripts that people copy lose their fleet: five servers, one fault, one rerun,
// and every server's key must still work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actor.h"

namespace keyturn::simulation {
namespace {

using namespace std::chrono_literals;
using rotation::Command;
using rotation::Outcome;
using testing::IsEmpty;

Setting five_servers() {
  Setting setting;
  setting.targets = 5;
  return setting;
}

class BlogFailure : public testing::TestWithParam<std::tuple<const char*, Verdict>> {};

TEST_P(BlogFailure, FiveOfFiveKeepTheirKey) {
  Scenario scenario(five_servers());
  FaultOn fault(std::get<0>(GetParam()), std::get<1>(GetParam()));
  scenario.run(Command::rotate, fault);
  ASSERT_TRUE(fault.hit());
  EXPECT_TRUE(scenario.works_everywhere());
  scenario.run(Command::rotate);
  EXPECT_TRUE(scenario.works_everywhere());
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Faults, BlogFailure,
                         testing::Values(std::tuple{"secretsmanager:PutSecretValue", Verdict::crash_before},
                                         std::tuple{"iam:CreateAccessKey", Verdict::reply_lost},
                                         std::tuple{"secretsmanager:PutSecretValue", Verdict::refuse},
                                         std::tuple{"tds:c:commit", Verdict::refuse}));

TEST(BlogFailure, RotateRunTwice) {
  Scenario scenario(five_servers());
  scenario.run(Command::rotate);
  const std::string first = scenario.current_key();
  const auto again = scenario.run(Command::rotate);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcome, Outcome::blocked);  // both slots are needed until the grace is over
  EXPECT_EQ(scenario.current_key(), first);
  EXPECT_TRUE(scenario.works_everywhere());
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(BlogFailure, TwoOverlappingRunsOfWhichOneAdvances) {
  Scenario scenario(five_servers());
  std::optional<rotation::RunResult> first;
  std::optional<rotation::RunResult> second;
  {
    Actor one(scenario, Command::rotate);
    Actor two(scenario, Command::rotate);
    while (!one.ended() || !two.ended()) {
      one.step();
      two.step();
    }
    first = one.result();
    second = two.result();
  }
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(scenario.works_everywhere());
  EXPECT_EQ(scenario.world.iam().keys(kUser).size(), 2U);
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(BlogFailure, OneHostOffForTwoCyclesHoldsItsKeyAndIsNamed) {
  Scenario scenario(five_servers());
  scenario.run(Command::rotate);
  scenario.target("e").reachable = false;
  scenario.pass_time(scenario.setting.policy.grace + 5s);
  scenario.run(Command::rotate);
  scenario.pass_time(scenario.setting.policy.grace + 5s);
  const auto result = scenario.run(Command::rotate);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->laggards.size(), 1U);
  EXPECT_EQ(result->laggards[0].target, "e");
  EXPECT_TRUE(scenario.works_everywhere());
  scenario.target("e").reachable = true;
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(BlogFailure, AHostThatStaysAwayIsWrittenOffByNameAndBroughtUpToDateWhenItReturns) {
  Scenario scenario(five_servers());
  scenario.run(Command::rotate);
  scenario.target("e").reachable = false;
  scenario.target("e").stop_backups();
  scenario.pass_time(scenario.setting.policy.patience + 1min);
  const std::string second = scenario.current_key();
  const auto result = scenario.run(Command::rotate);  // the first key is retired, so a slot is free
  ASSERT_TRUE(result);
  EXPECT_NE(scenario.current_key(), second) << result->reason;
  scenario.pass_time(scenario.setting.policy.patience + 1min);
  const auto retired = scenario.run(Command::reconcile);
  ASSERT_TRUE(retired);
  ASSERT_EQ(retired->laggards.size(), 1U);
  EXPECT_TRUE(retired->laggards[0].written_off);
  scenario.lose_credential("e");  // exempt, having been written off by name
  scenario.target("e").reachable = true;
  scenario.run(Command::reconcile);
  EXPECT_TRUE(scenario.works_everywhere());
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

}  // namespace
}  // namespace keyturn::simulation
