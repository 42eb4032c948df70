// Proof backups: one that fails puts the canary back, one that was lost or whose run died is made again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actor.h"

namespace keyturn::simulation {
namespace {

using rotation::Command;
using rotation::Outcome;
using rotation::ProofBackup;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Setting with_proofs(ProofBackup proof, int targets = 3) {
  Setting setting;
  setting.targets = targets;
  setting.settled = true;
  setting.policy.proof_backup = proof;
  return setting;
}

std::size_t holders(const Scenario& scenario, const std::string& key) {
  return std::size_t(std::count_if(scenario.targets.begin(), scenario.targets.end(),
                                   [&](const Target& target) { return target.state().confirmed_on(key); }));
}

class ProofBackups : public testing::TestWithParam<bool> {
 protected:
  static Setting setting(ProofBackup proof, int targets = 3) {
    Setting given = with_proofs(proof, targets);
    given.over_commands = GetParam();
    return given;
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, ProofBackups, testing::Bool(),
                         [](const auto& way) { return way.param ? "OverCommands" : "Direct"; });

TEST_P(ProofBackups, ACanaryThatCannotBackUpIsPutBackAndTheKeyGoesWhenItIsSafe) {
  Scenario scenario(setting(ProofBackup::canary));
  const std::string old_key = scenario.current_key();
  scenario.target("a").engine_backs_up = false;
  const auto refused = scenario.run(Command::rotate);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->outcome, Outcome::failed);
  EXPECT_THAT(refused->reason, HasSubstr("a can't back up"));
  EXPECT_EQ(holders(scenario, old_key), 3U);
  EXPECT_EQ(scenario.pending_key(), "");
  EXPECT_EQ(scenario.key_ids().size(), 2U);
  scenario.converge();
  EXPECT_THAT(scenario.key_ids(), ElementsAre(old_key));
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST_P(ProofBackups, AllMeansEveryTargetAndOneThatFailsStopsTheRollOut) {
  Scenario scenario(setting(ProofBackup::all));
  const std::string old_key = scenario.current_key();
  scenario.target("c").engine_backs_up = false;
  const auto refused = scenario.run(Command::rotate);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->outcome, Outcome::failed);
  EXPECT_EQ(holders(scenario, old_key), 3U);
  scenario.target("c").engine_backs_up = true;
  scenario.converge();
  EXPECT_EQ(scenario.run(Command::rotate)->outcome, Outcome::done);
  for (const Target& target : scenario.targets)
    EXPECT_TRUE(target.backed_up_with.contains(scenario.current_key())) << target.name;
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST_P(ProofBackups, TheCanaryAloneProvesWhereOnlyItIsAsked) {
  Scenario scenario(setting(ProofBackup::canary));
  EXPECT_EQ(scenario.run(Command::rotate)->outcome, Outcome::done);
  EXPECT_FALSE(scenario.target("a").backed_up_with.empty());
  EXPECT_TRUE(scenario.target("b").backed_up_with.empty());
}

// The canary holds the key, and nobody knows whether it can back up with it: here it can't.
TEST(ProofBackup, ARunThatDiedBeforeTheProofIsNotTakenForProven) {
  for (const Verdict verdict : {Verdict::crash_before, Verdict::crash_after}) {
    Scenario scenario(with_proofs(ProofBackup::canary));
    const std::string old_key = scenario.current_key();
    scenario.target("a").engine_backs_up = false;
    FaultOn gate("tds:a:proof", verdict);
    ASSERT_FALSE(scenario.run(Command::rotate, gate));
    ASSERT_EQ(holders(scenario, scenario.pending_key()), 1U);
    const auto next = scenario.run(Command::reconcile);
    EXPECT_EQ(next->outcome, Outcome::failed) << next->reason;
    EXPECT_EQ(holders(scenario, old_key), 3U);
    EXPECT_THAT(scenario.violations(), IsEmpty());
  }
}

TEST(ProofBackup, AProofWhoseReplyIsLostIsNoRefusalButMadeAgain) {
  Scenario scenario(with_proofs(ProofBackup::canary));
  const std::string old_key = scenario.current_key();
  FaultOn gate("tds:a:proof", Verdict::reply_lost);
  const auto rotated = scenario.run(Command::rotate, gate);
  ASSERT_TRUE(rotated);
  EXPECT_EQ(rotated->outcome, Outcome::done) << rotated->reason;
  EXPECT_NE(scenario.current_key(), old_key);
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(ProofBackup, ProofsThatNeverAnswerLeaveTheKeyPending) {
  Scenario scenario(with_proofs(ProofBackup::canary, 1));
  const std::string old_key = scenario.current_key();
  FaultOn gate("tds:a:proof", Verdict::reply_lost, 99);
  const auto stuck = scenario.run(Command::rotate, gate);
  ASSERT_TRUE(stuck);
  EXPECT_EQ(stuck->outcome, Outcome::incomplete) << stuck->reason;
  EXPECT_THAT(stuck->reason, HasSubstr("No target could show that it backs up"));
  EXPECT_EQ(scenario.current_key(), old_key);
  EXPECT_NE(scenario.pending_key(), "");
  EXPECT_EQ(scenario.run(Command::reconcile)->outcome, Outcome::done);
  EXPECT_NE(scenario.current_key(), old_key);
}

// There is no key to go back to: the pending one is kept, since it works at S3, and no slot fills up with
// others.
TEST(ProofBackup, TheFirstRotationKeepsItsKeyPendingUntilTheEngineBacksUp) {
  Setting setting = with_proofs(ProofBackup::canary);
  setting.settled = false;
  setting.placeholder = true;
  Scenario scenario(setting);
  scenario.target("a").engine_backs_up = false;
  std::string pending;
  for (int run = 0; run < 3; ++run) {
    const auto refused = scenario.run(Command::reconcile);
    EXPECT_EQ(refused->outcome, Outcome::failed) << refused->reason;
    EXPECT_THAT(refused->reason, HasSubstr("no live key to go back to"));
    if (run == 0) pending = scenario.pending_key();
    EXPECT_THAT(scenario.key_ids(), ElementsAre(pending));
    EXPECT_EQ(holders(scenario, pending), 1U);
  }
  scenario.target("a").engine_backs_up = true;
  EXPECT_EQ(scenario.run(Command::reconcile)->outcome, Outcome::done);
  EXPECT_EQ(scenario.current_key(), pending);
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

}  // namespace
}  // namespace keyturn::simulation
