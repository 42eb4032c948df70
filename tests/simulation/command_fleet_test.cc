// The crash matrix over Run Command: the run dies, or a host does, at each effect; commands arrive at once,
// late, or too late.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.h"

namespace keyturn::simulation {
namespace {

using namespace std::chrono_literals;
using rotation::Command;
using rotation::Outcome;
using testing::IsEmpty;

constexpr Verdict kVerdicts[] = {Verdict::crash_before, Verdict::crash_after, Verdict::reply_lost,
                                 Verdict::throttle, Verdict::refuse};

Setting over_commands(int targets) {
  Setting setting;
  setting.targets = targets;
  setting.over_commands = true;
  return setting;
}

// A life with one fault in it, and the reruns of a schedule. False: the fault was never met.
bool live(Scenario& scenario, FaultAt& fault, bool on_host) {
  OpenGate open;
  if (on_host) scenario.watch_hosts(&fault);
  Gate& own = on_host ? static_cast<Gate&>(open) : fault;
  scenario.run(Command::rotate, own);
  for (int round = 0; round < 3; ++round) {
    scenario.pass_time(scenario.setting.policy.grace + scenario.setting.policy.quarantine);
    scenario.run(Command::reconcile, own);
  }
  scenario.watch_hosts(nullptr);
  return !fault.hit().empty();
}

class CommandMatrix : public testing::TestWithParam<std::tuple<bool, Duration>> {};

TEST_P(CommandMatrix, NoTargetEverLosesItsKeyAndRerunsConverge) {
  const auto [on_host, delay] = GetParam();
  int met = 0;
  for (const Verdict verdict : kVerdicts) {
    for (int effect = 0;; ++effect) {
      Scenario scenario(over_commands(2));
      scenario.hosts.delay(delay);
      FaultAt fault(effect, verdict);
      if (!live(scenario, fault, on_host)) break;
      ++met;
      scenario.hosts.delay(0ms);
      scenario.run(Command::rotate);
      scenario.converge();
      EXPECT_THAT(scenario.violations(), IsEmpty()) << fault.hit() << " verdict " << int(verdict);
      EXPECT_TRUE(scenario.works_everywhere()) << fault.hit();
    }
  }
  // Too late means that no host ever commits, so that its matrix is short.
  const bool too_late = delay >= short_policy().deadline;
  EXPECT_GE(met, on_host ? (too_late ? 0 : 2 * 5) : (too_late ? 5 * 5 : 8 * 5));
}

INSTANTIATE_TEST_SUITE_P(Delays, CommandMatrix,
                         testing::Combine(testing::Bool(), testing::Values(Duration{0}, 20s, 75s)),
                         [](const auto& param_info) {
                           const auto delay = std::get<1>(param_info.param);
                           return std::string(std::get<0>(param_info.param) ? "HostDies" : "RunDies") +
                                  (delay == 0s    ? "AtOnce"
                                   : delay == 20s ? "Late"
                                                  : "TooLate");
                         });

TEST(CommandFleet, AHostGoesOnWhenTheRunThatOrderedItHasDied) {
  Setting setting = over_commands(2);
  setting.settled = true;
  Scenario scenario(setting);
  scenario.hosts.delay(5s);
  // Intent, create, store, close, send: then nothing is left to the run but to wait.
  FaultAt dies(4, Verdict::crash_after);
  scenario.run(Command::rotate, dies);
  ASSERT_EQ(dies.hit(), "ssm:SendCommand");
  scenario.pass_time(10s);
  EXPECT_TRUE(scenario.target("a").state().confirmed_on(scenario.pending_key()));
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(CommandFleet, ACommandThatStartsPastItsDeadlineWritesNothing) {
  for (const bool guarded : {true, false}) {
    Setting setting = over_commands(2);
    setting.settled = true;
    setting.guards.deadline_is_checked_in_the_transaction = guarded;
    setting.guards.stage_is_checked_after_the_read = guarded;
    Scenario scenario(setting);
    scenario.run(Command::rotate);
    scenario.lose_credential("b");
    // The repair of b is ordered, and arrives when the key that it brings is long gone.
    scenario.hosts.delay(1h);
    OpenGate open;
    scenario.run(Command::reconcile, open);
    scenario.hosts.delay(0ms);
    for (int rotation = 0; rotation < 2; ++rotation) {
      scenario.run(Command::rotate);
      scenario.pass_time(setting.policy.grace + setting.policy.quarantine);
      scenario.run(Command::reconcile);
    }
    scenario.pass_time(1h);
    if (guarded)
      EXPECT_THAT(scenario.violations(), IsEmpty());
    else
      EXPECT_FALSE(scenario.violations().empty());
  }
}

}  // namespace
}  // namespace keyturn::simulation
