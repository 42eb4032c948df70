// Proof backups in the decision table: rows 4 to 6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rotation/decide.h"
#include "rotation/test_world.h"

namespace keyturn::rotation {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// A rotation under way, proven at S3, with proof backups; the canary "a" holds the key.
TestWorld with_proofs(ProofBackup proof) {
  TestWorld t;
  t.policy.proof_backup = proof;
  t.pending(1min);
  t.memory.proven.insert(kNewKey);
  TestWorld::hold(t.at("a"), kNewKey, 30s);
  t.target("c", kOldKey);
  t.policy.wave_percent = 100;
  return t;
}

TEST(Decide, Row4ACanaryWhoseProofIsNotKnownMakesItAgainBeforeAnyOtherGetsTheKey) {
  for (const ProofBackup proof : {ProofBackup::canary, ProofBackup::all}) {
    TestWorld t = with_proofs(proof);
    t.policy.canaries = {"b"};  // holds the old key, and is not made a second canary
    const Distribute canary = as<Distribute>(t.decide());
    EXPECT_THAT(canary.targets, ElementsAre("a"));
    EXPECT_TRUE(canary.canary);
    EXPECT_TRUE(canary.prove_backup);
    t.memory.backed_up[kNewKey] = {"a"};
    const Distribute wave = as<Distribute>(t.decide());
    EXPECT_THAT(wave.targets, ElementsAre("b", "c"));
    EXPECT_EQ(wave.prove_backup, proof == ProofBackup::all);
  }
}

TEST(Decide, Row4EveryTargetProvesBeforeAPromotionWhereAllAreAsked) {
  TestWorld t = with_proofs(ProofBackup::all);
  for (const char* name : {"b", "c"}) TestWorld::hold(t.at(name), kNewKey, 20s);
  t.memory.backed_up[kNewKey] = {"a", "c"};
  EXPECT_THAT(as<Distribute>(t.decide()).targets, ElementsAre("b"));
  t.memory.backed_up[kNewKey].insert("b");
  EXPECT_EQ(as<Promote>(t.decide()).key, kNewKey);
  t.policy.proof_backup = ProofBackup::canary;
  t.memory.backed_up[kNewKey] = {"c"};
  EXPECT_EQ(as<Promote>(t.decide()).key, kNewKey);
}

TEST(Decide, Row4ProofsThatAreCutShortCountAsFailuresAndAreNoRefusal) {
  TestWorld t = with_proofs(ProofBackup::canary);
  t.memory.failed["a"] = {kWriteAttempts, "The connection broke."};
  EXPECT_THAT(as<Distribute>(t.decide()).targets, ElementsAre("b"));  // another canary
  TestWorld::hold(t.at("b"), kNewKey, 10s);
  t.memory.failed["b"] = {kWriteAttempts, "The connection broke."};
  EXPECT_EQ(outcome_of(t.decide()), Outcome::incomplete);
  EXPECT_EQ(t.decide().row, 4);  // two of three are more than 10 percent
}

TEST(Decide, Row4AFailedProofDropsTheLabelAndRow6PutsTheCanaryBack) {
  TestWorld t = with_proofs(ProofBackup::canary);
  t.memory.backup_refused[kNewKey] = "BACKUP DATABASE permission denied";
  t.memory.create_failed = RunMemory::CreateFailure{Outcome::failed, "abandoned"};
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-new");
  EXPECT_EQ(t.decide().row, 4);
  t.world.secret.versions[1].stages.clear();
  t.memory.proven.insert(kOldKey);
  EXPECT_THAT(as<Repair>(t.decide()).targets, ElementsAre("a"));
  TestWorld::hold(t.at("a"), kOldKey, 5s);
  EXPECT_EQ(outcome_of(t.decide()), Outcome::failed);
}

TEST(Decide, Row4AFailedProofWithNoLiveKeyToGoBackToKeepsTheLabel) {
  TestWorld t = with_proofs(ProofBackup::canary);
  t.memory.backup_refused[kNewKey] = "BACKUP DATABASE permission denied";
  t.world.keys[0].status = KeyStatus::inactive;
  EXPECT_EQ(outcome_of(t.decide()), Outcome::failed);
  EXPECT_THAT(t.decide().reason, HasSubstr("no live key to go back to"));
}

}  // namespace
}  // namespace keyturn::rotation
