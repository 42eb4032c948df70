// Every effect of a rotation, met by every fault; then the rerun that a schedule would make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenario.h"

namespace keyturn::simulation {
namespace {

using rotation::Command;
using rotation::Outcome;
using rotation::ProofBackup;
using testing::IsEmpty;

constexpr Verdict kVerdicts[] = {Verdict::crash_before, Verdict::crash_after, Verdict::reply_lost,
                                 Verdict::throttle, Verdict::refuse};

Setting setting_of(int targets, bool placeholder, ProofBackup proof) {
  Setting setting;
  setting.targets = targets;
  setting.placeholder = placeholder;
  setting.policy.proof_backup = proof;
  return setting;
}

// How many effects a whole life has: rotate, then grace and quarantine seen through.
int effects_of_a_life(const Setting& setting) {
  int effect = 0;
  while (true) {
    Scenario scenario(setting);
    FaultAt gate(effect, Verdict::crash_before);
    scenario.run(Command::rotate, gate);
    for (int round = 0; round < 3; ++round) {
      scenario.pass_time(setting.policy.grace + setting.policy.quarantine);
      scenario.run(Command::reconcile, gate);
    }
    if (gate.hit().empty()) return effect;
    ++effect;
  }
}

class CrashMatrix : public testing::TestWithParam<std::tuple<int, bool, ProofBackup>> {};

TEST_P(CrashMatrix, NoTargetEverLosesItsKeyAndRerunsConverge) {
  const auto [targets, placeholder, proof] = GetParam();
  const Setting setting = setting_of(targets, placeholder, proof);
  const int effects = effects_of_a_life(setting);
  // Intent, create, store, close, a commit a target, promote, drop.
  ASSERT_GE(effects, 6 + setting.targets);
  int most_runs = 0;
  for (int effect = 0; effect < effects; ++effect) {
    for (const Verdict verdict : kVerdicts) {
      Scenario scenario(setting);
      FaultAt gate(effect, verdict);
      scenario.run(Command::rotate, gate);
      for (int round = 0; round < 3; ++round) {
        scenario.pass_time(setting.policy.grace + setting.policy.quarantine);
        scenario.run(Command::reconcile, gate);
      }
      ASSERT_FALSE(gate.hit().empty());
      scenario.run(Command::rotate);
      most_runs = std::max(most_runs, scenario.converge());
      EXPECT_THAT(scenario.violations(), IsEmpty()) << gate.hit() << " verdict " << int(verdict);
      EXPECT_TRUE(scenario.works_everywhere()) << gate.hit();
    }
  }
  // Stated in docs/protocol.md: after the last fault, so many reconciles (time passing between them) at the
  // most.
  EXPECT_LE(most_runs, 5);
}

std::string name_of(const testing::TestParamInfo<CrashMatrix::ParamType>& tested) {
  const auto& [targets, placeholder, proof] = tested.param;
  const char* proofs = proof == ProofBackup::off      ? ""
                       : proof == ProofBackup::canary ? "ProvenByTheCanary"
                                                      : "ProvenByAll";
  return std::to_string(targets) + "Targets" + (placeholder ? "FirstRotation" : "") + proofs;
}

INSTANTIATE_TEST_SUITE_P(Fleets, CrashMatrix,
                         testing::Combine(testing::Values(1, 2, 5), testing::Bool(),
                                          testing::Values(ProofBackup::off)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(WithProofs, CrashMatrix,
                         testing::Combine(testing::Values(1, 3), testing::Bool(),
                                          testing::Values(ProofBackup::canary, ProofBackup::all)),
                         name_of);

TEST(Life, ARotationFromBeginToEnd) {
  Scenario scenario({});
  const std::string old_key = scenario.current_key();
  const auto rotated = scenario.run(Command::rotate);
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->outcome, Outcome::done) << rotated->reason;
  const std::string new_key = scenario.current_key();
  EXPECT_NE(new_key, old_key);
  EXPECT_EQ(scenario.key_ids().size(), 2U);
  for (const Target& target : scenario.targets) EXPECT_TRUE(target.state().confirmed_on(new_key));
  EXPECT_LE(scenario.converge(), 3);
  EXPECT_THAT(scenario.key_ids(), testing::ElementsAre(new_key));
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(Life, PropagationDelaysAreWaitedFor) {
  Setting setting;
  setting.iam.list_delay = std::chrono::seconds{3};
  setting.iam.usable_delay = std::chrono::seconds{8};
  Scenario scenario(setting);
  const std::string old_key = scenario.current_key();
  const auto result = scenario.run(Command::rotate);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::done) << result->reason;
  EXPECT_NE(scenario.current_key(), old_key);
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

}  // namespace
}  // namespace keyturn::simulation
