// Every row of the decision table, one by one.
#include "rotation/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rotation/test_world.h"

namespace keyturn::rotation {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Decide, Row15AtRestNothingIsDue) {
  const Decision decision = TestWorld{}.decide();
  EXPECT_EQ(decision.row, 15);
  EXPECT_EQ(outcome_of(decision), Outcome::done);
  EXPECT_TRUE(decision.laggards.empty());
}

TEST(Decide, Row1DropsTheLabelThatAPromotionLeftBehind) {
  TestWorld t;
  t.world.secret.versions[0].stages = {Stage::current, Stage::pending};
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-old");
  EXPECT_EQ(t.decide().row, 1);
}

TEST(Decide, Row0RollbackDropsOnlyTheLabel) {
  TestWorld t;
  t.pending(1min);
  t.memory.command = Command::rollback;
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-new");
  // Afterwards the targets are put back, and the key is kept while anyone may use it.
  t.world.secret.versions[1].stages.clear();
  TestWorld::hold(t.at("a"), kNewKey, 1min);
  EXPECT_EQ(as<Prove>(t.decide()).key, kOldKey);
  t.memory.proven.insert(kOldKey);
  EXPECT_THAT(as<Repair>(t.decide()).targets, ElementsAre("a"));
}

TEST(Decide, Row0RollbackNeedsAKeyToGoBackTo) {
  TestWorld t;
  t.pending(1min);
  t.memory.command = Command::rollback;
  t.world.secret.versions[0].key_id.reset();
  EXPECT_EQ(outcome_of(t.decide()), Outcome::blocked);
  EXPECT_THAT(t.decide().blockers.at(0).hint, HasSubstr("keyturn rotate"));
}

TEST(Decide, Row2DropsAPendingThatIamLacksOnceItIsOldEnough) {
  TestWorld t;
  t.version("v-new", {Stage::pending}, kNewKey, 10s);
  EXPECT_EQ(as<Prove>(t.decide()).key, kNewKey);  // IAM may not list it yet
  t.world.secret.versions[1].created_at = TestWorld::ago(t.policy.propagation + 1s);
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-new");
}

TEST(Decide, Row2AnEmptyPendingIsSomebodyElsesUntilItIsOld) {
  TestWorld t;
  t.version("v-new", {Stage::pending}, std::nullopt, 10s);
  EXPECT_EQ(outcome_of(t.decide()), Outcome::another_run);
  t.world.secret.versions[1].created_at = TestWorld::ago(t.policy.orphan_min_age + 1s);
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-new");
}

TEST(Decide, AVersionPreparedForThisRunIsFilledAndNothingIsRepairedMeanwhile) {
  TestWorld t;
  t.version("v-new", {Stage::pending}, std::nullopt, 1h);
  t.memory.command = Command::rotate;
  t.memory.options.token = "v-new";
  TestWorld::hold(t.at("a"), kOtherKey, 1min);
  EXPECT_EQ(name_of(t.decide().action), "create");
  t.memory.options.token = "v-other";
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-new");
}

TEST(Decide, ACompromisedKeyIsDeletedOnceEveryTargetThatCanBeUpdatedHoldsTheNewOne) {
  TestWorld t;
  t.rotated(1min);
  t.memory.command = Command::rotate;
  t.memory.rotated = true;
  EXPECT_EQ(t.decide().row, 15);  // grace protects it from a plain rotation
  t.memory.options.compromised = true;
  t.at("b").standing = Standing::unreachable;
  TestWorld::hold(t.at("b"), kOldKey, days{3});
  t.at("b").backups.push_back({TestWorld::ago(1h)});
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kOldKey);
  EXPECT_THAT(t.decide().reason, HasSubstr("backups of b fail"));
  // Somebody uses it: that is the point.
  t.world.keys[0].last_used = LastUsed{kNow, "s3", "us-east-1"};
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kOldKey);
}

TEST(Decide, ACompromisedKeyIsKeptWhileATargetCanStillBeGivenTheNewOne) {
  TestWorld t;
  t.rotated(1min);
  t.memory.command = Command::rotate;
  t.memory.rotated = true;
  t.memory.options.compromised = true;
  TestWorld::hold(t.at("b"), kOldKey, days{3});
  t.memory.proven.insert(kNewKey);
  EXPECT_THAT(as<Repair>(t.decide()).targets, ElementsAre("b"));
  // In an outage of the controller's own network nobody is known to hold the new key.
  for (TargetState& target : t.world.targets) target.standing = Standing::unreachable;
  for (TargetState& target : t.world.targets) target.credentials.clear();
  EXPECT_NE(name_of(t.decide().action), "delete_key");
}

TEST(Decide, ACompromisedKeyThatIsInactiveIsNotBroughtBack) {
  TestWorld t;
  t.rotated(1min);
  t.world.keys[0].status = KeyStatus::inactive;
  TestWorld::hold(t.at("b"), kOldKey, days{3});
  t.at("b").standing = Standing::read_only;
  EXPECT_EQ(as<Reactivate>(t.decide()).key, kOldKey);
  t.memory.command = Command::rotate;
  t.memory.rotated = true;
  t.memory.options.compromised = true;
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kOldKey);
}

TEST(Decide, Row13ACurrentKeyThatIsNotListedYetIsNotGone) {
  TestWorld t;
  t.world.keys.clear();
  t.world.secret.versions[0].created_at = TestWorld::ago(10s);
  EXPECT_EQ(outcome_of(t.decide()), Outcome::done);
}

TEST(Decide, Row3ProvesBeforeAnythingIsDistributed) {
  TestWorld t;
  t.pending(1min);
  EXPECT_EQ(as<Prove>(t.decide()).key, kNewKey);
}

TEST(Decide, Row3RefusedForGoodIsAbandonedByDroppingTheLabelAlone) {
  TestWorld t;
  t.pending(1min);
  TestWorld::hold(t.at("a"), kNewKey, 30s);
  t.memory.refused[kNewKey] = "S3 said no.";
  EXPECT_EQ(as<DropPending>(t.decide()).version, "v-new");
  EXPECT_THAT(t.decide().reason, HasSubstr("S3 said no."));
}

TEST(Decide, Row4CanaryFirstThenWaves) {
  TestWorld t;
  for (const char* name : {"c", "d", "e", "f", "g", "h"}) t.target(name, kOldKey);
  t.policy.canaries = {"c"};
  t.pending(1min);
  t.memory.proven.insert(kNewKey);
  EXPECT_THAT(as<Distribute>(t.decide()).targets, ElementsAre("c"));
  EXPECT_TRUE(as<Distribute>(t.decide()).canary);
  TestWorld::hold(t.at("c"), kNewKey, 1s);
  EXPECT_THAT(as<Distribute>(t.decide()).targets, ElementsAre("a", "b"));  // 25 % of 8
  EXPECT_FALSE(as<Distribute>(t.decide()).canary);
}

TEST(Decide, Row4HaltsPastTheErrorThreshold) {
  TestWorld t;
  t.target("c", kOldKey);
  t.pending(1min);
  t.memory.proven.insert(kNewKey);
  TestWorld::hold(t.at("a"), kNewKey, 1s);
  t.memory.failed["b"] = {1, "refused"};
  EXPECT_THAT(as<Distribute>(t.decide()).targets,
              ElementsAre("c"));  // one failure of three is within 10 %, rounded up
  t.memory.failed["c"] = {1, "refused"};
  EXPECT_EQ(outcome_of(t.decide()), Outcome::incomplete);
  EXPECT_THAT(t.decide().reason, HasSubstr("halts"));
}

TEST(Decide, Row4AFailureThatWasAppliedAfterAllDoesNotCount) {
  TestWorld t;
  t.policy.max_errors_percent = 0;
  t.pending(1min);
  t.memory.proven.insert(kNewKey);
  t.memory.failed["a"] = {1, "reply lost"};
  TestWorld::hold(t.at("a"), kNewKey, 1s);
  EXPECT_THAT(as<Distribute>(t.decide()).targets, ElementsAre("b"));
}

TEST(Decide, Row5PromotesByCompareAndSwapAlthoughOneTargetIsAway) {
  TestWorld t;
  t.pending(1min);
  t.memory.proven.insert(kNewKey);
  TestWorld::hold(t.at("a"), kNewKey, 1s);
  t.at("b").standing = Standing::unreachable;
  const Decision decision = t.decide();
  EXPECT_EQ(as<Promote>(decision).from, "v-old");
  EXPECT_EQ(as<Promote>(decision).to, "v-new");
  ASSERT_EQ(decision.laggards.size(), 1U);
  EXPECT_EQ(decision.laggards[0].target, "b");
}

TEST(Decide, Row5NeverPromotesAKeyThatNobodyHolds) {
  TestWorld t;
  t.pending(1min);
  t.memory.proven.insert(kNewKey);
  t.at("a").standing = Standing::read_only;
  t.at("b").standing = Standing::unreachable;
  EXPECT_EQ(outcome_of(t.decide()), Outcome::incomplete);
}

TEST(Decide, Row6RepairsRestoredAndHandAlteredTargetsWithAProvenKeyOnly) {
  TestWorld t;
  t.at("b").credentials[0].modified_at += 1ms;  // altered after the marker
  EXPECT_EQ(as<Prove>(t.decide()).key, kOldKey);
  t.memory.proven.insert(kOldKey);
  EXPECT_THAT(as<Repair>(t.decide()).targets, ElementsAre("b"));
  t.memory.proven.clear();
  t.memory.refused[kOldKey] = "wrong secret";
  EXPECT_EQ(outcome_of(t.decide()), Outcome::blocked);
  EXPECT_THAT(t.decide().blockers.at(0).message, HasSubstr("wrong secret"));
}

TEST(Decide, Row7ReactivatesForATargetThatCannotBeUpdated) {
  TestWorld t;
  t.rotated(5 * 24h);
  t.world.keys[0].status = KeyStatus::inactive;
  TestWorld::hold(t.at("b"), kOldKey, 6 * 24h);
  t.at("b").standing = Standing::read_only;
  EXPECT_EQ(as<Reactivate>(t.decide()).key, kOldKey);
  EXPECT_THAT(as<Reactivate>(t.decide()).for_targets, ElementsAre("b"));
}

TEST(Decide, Row8AYoungOrphanMayBeAnotherRunsAndAnOldOneIsDeleted) {
  TestWorld t;
  t.key(kOtherKey, 5min);
  t.world.secret.intents.push_back({"run-1", TestWorld::ago(5min + 2s), {kOldKey}});
  EXPECT_EQ(outcome_of(t.decide()), Outcome::another_run);
  const Duration age = t.policy.orphan_min_age + 1s;
  t.world.keys.back().created_at = TestWorld::ago(age);
  t.world.secret.intents[0].at = TestWorld::ago(age + 2s);
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kOtherKey);
  EXPECT_EQ(as<DeleteKey>(t.decide()).close_intent, "run-1");
}

TEST(Decide, Row8AnIntentThatCameToNothingIsClosed) {
  TestWorld t;
  t.world.secret.intents.push_back({"run-1", TestWorld::ago(t.policy.orphan_min_age + 1s), {kOldKey}});
  EXPECT_EQ(as<CloseIntent>(t.decide()).run_id, "run-1");
}

struct Unexplained {
  const char* why;
  Duration apart;
  bool used;
  bool existed;
};

class Row9 : public testing::TestWithParam<Unexplained> {};

TEST_P(Row9, AKeyThatNoIntentExplainsIsReportedAndNeverTouched) {
  TestWorld t;
  const Duration age = 2 * 24h;
  AccessKey& key = t.key(kOtherKey, age);
  Intent intent{"run-1", TestWorld::ago(age) - GetParam().apart, {kOldKey}};
  if (GetParam().existed) intent.existing.push_back(kOtherKey);
  if (GetParam().used) key.last_used = LastUsed{TestWorld::ago(1h), "s3", "eu-west-1"};
  t.world.secret.intents.push_back(intent);
  Decision decision = t.decide();
  if (const auto* close = std::get_if<CloseIntent>(&decision.action)) {
    EXPECT_EQ(close->run_id, "run-1");
    t.world.secret.intents.clear();
    decision = t.decide();
  }
  EXPECT_EQ(outcome_of(decision), Outcome::blocked);
  ASSERT_FALSE(decision.blockers.empty());
  EXPECT_EQ(decision.blockers[0].row, 9);
  EXPECT_THAT(decision.blockers[0].message, HasSubstr(kOtherKey));
  EXPECT_THAT(decision.blockers[0].hint, HasSubstr("aws iam delete-access-key"));
  if (GetParam().used) {
    EXPECT_THAT(decision.blockers[0].message, HasSubstr("s3 in eu-west-1"));
  }
}

INSTANTIATE_TEST_SUITE_P(Reasons, Row9,
                         testing::Values(Unexplained{"made outside the window", 2min, false, false},
                                         Unexplained{"used", 1s, true, false},
                                         Unexplained{"was there before", 1s, false, true}),
                         [](const auto& parameter) { return std::to_string(parameter.index); });

TEST(Decide, Row9TwoKeysForOneIntentAreBothUnexplained) {
  TestWorld t;
  t.world.keys.clear();
  t.world.secret.versions[0].key_id.reset();
  t.key(kOtherKey, 1h);
  t.key(kNewKey, 1h);
  t.world.secret.intents.push_back({"run-1", TestWorld::ago(1h), {}});
  const Decision decision = t.decide();
  EXPECT_EQ(decision.blockers.size(), 3U);  // both keys, and the full slots
}

TEST(Decide, Row9AForeignKeyStopsNeitherRepairNorRotation) {
  TestWorld t;
  t.key(kOtherKey, 24h * 30);
  t.at("a").credentials[0].marker_key.reset();
  t.memory.proven.insert(kOldKey);
  EXPECT_THAT(as<Repair>(t.decide()).targets, ElementsAre("a"));
}

TEST(Decide, Row10DeletesAnAbandonedKeyOnlyWhenNobodyCanHoldIt) {
  TestWorld t;
  t.key(kNewKey, 3 * 24h);
  t.version("v-new", {}, kNewKey, 3 * 24h);
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kNewKey);
  EXPECT_EQ(t.decide().row, 10);

  TestWorld keyless = t;
  keyless.world.keys.erase(keyless.world.keys.begin());
  keyless.world.targets.clear();
  EXPECT_EQ(outcome_of(keyless.decide()), Outcome::incomplete);
  TestWorld away = t;
  away.at("b").standing = Standing::unreachable;
  EXPECT_EQ(outcome_of(away.decide()), Outcome::incomplete);
  TestWorld busy = t;
  busy.at("b").backups.push_back({TestWorld::ago(4 * 24h)});
  EXPECT_EQ(outcome_of(busy.decide()), Outcome::done);
  EXPECT_THAT(busy.decide().pending_work.at(0), HasSubstr("backup on b"));
  TestWorld restless = t;
  TestWorld::hold(restless.at("a"), kOldKey, 1h);
  EXPECT_EQ(outcome_of(restless.decide()), Outcome::done);
  TestWorld used = t;
  used.world.keys[1].last_used = LastUsed{TestWorld::ago(1h), "s3", "us-east-1"};
  EXPECT_EQ(outcome_of(used.decide()), Outcome::blocked);
}

TEST(Decide, Row11DeactivatesAfterGraceWhenAllAreConfirmedAndItIsUnused) {
  TestWorld t;
  t.rotated(49h);
  EXPECT_EQ(as<Deactivate>(t.decide()).key, kOldKey);

  TestWorld early = t;
  early.world.secret.stage_changed_at = TestWorld::ago(47h);
  EXPECT_EQ(outcome_of(early.decide()), Outcome::done);
  EXPECT_THAT(early.decide().pending_work.at(0), HasSubstr("grace ends"));
  TestWorld marked_late = t;
  TestWorld::hold(marked_late.at("a"), kNewKey, 1h);
  EXPECT_EQ(outcome_of(marked_late.decide()), Outcome::done);
  TestWorld away = t;
  away.at("b").standing = Standing::unreachable;
  EXPECT_EQ(outcome_of(away.decide()), Outcome::incomplete);
  TestWorld busy = t;
  busy.at("b").backups.push_back({TestWorld::ago(50h)});
  EXPECT_EQ(outcome_of(busy.decide()), Outcome::done);
}

TEST(Decide, Row11ABackupThatEndedOnTheOldKeyIsNotSomebodyElse) {
  TestWorld t;
  t.rotated(49h);
  t.world.keys[0].last_used = LastUsed{TestWorld::ago(49h - t.policy.longest_backup), "s3", "us-east-1"};
  EXPECT_EQ(as<Deactivate>(t.decide()).key, kOldKey);
  t.world.keys[0].last_used = LastUsed{TestWorld::ago(1h), "ec2", "eu-west-1"};
  EXPECT_EQ(outcome_of(t.decide()), Outcome::blocked);
  EXPECT_THAT(t.decide().blockers.at(0).message, HasSubstr("by ec2 in eu-west-1"));
}

TEST(Decide, Row11AWrittenOffTargetHoldsNothingUp) {
  TestWorld t;
  t.rotated(t.policy.patience + 1h);
  t.policy.max_age = 24h * 90;
  t.at("b").standing = Standing::unreachable;
  const Decision decision = t.decide();
  EXPECT_EQ(as<Deactivate>(decision).key, kOldKey);
  ASSERT_EQ(decision.laggards.size(), 1U);
  EXPECT_TRUE(decision.laggards[0].written_off);
}

TEST(Decide, Row15AWrittenOffTargetIsNoNewsWhereItIsKnownSinceWhenItIsAway) {
  TestWorld t;
  t.world.secret.stage_changed_at = TestWorld::ago(t.policy.patience + 1h);
  t.at("b").standing = Standing::unreachable;
  EXPECT_EQ(outcome_of(t.decide()), Outcome::incomplete);
  t.at("b").since = TestWorld::ago(t.policy.patience + 1h);
  EXPECT_EQ(outcome_of(t.decide()), Outcome::done);
  t.at("b").since = TestWorld::ago(1h);
  EXPECT_EQ(outcome_of(t.decide()), Outcome::incomplete);
}

TEST(Decide, Row12DeletesAfterQuarantineOrWhenTheSlotIsNeeded) {
  TestWorld t;
  t.rotated(3 * 24h);
  t.world.keys[0].status = KeyStatus::inactive;
  EXPECT_EQ(outcome_of(t.decide()), Outcome::done);
  t.memory.command = Command::rotate;
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kOldKey);
  t.memory.command = Command::reconcile;
  t.policy.quarantine = 1h;
  t.policy.grace = 25h;
  EXPECT_EQ(as<DeleteKey>(t.decide()).key, kOldKey);
  TestWorld::hold(t.at("a"), kOldKey, 4 * 24h);
  t.at("a").standing = Standing::read_only;
  EXPECT_EQ(as<Reactivate>(t.decide()).key, kOldKey);
}

TEST(Decide, Row13EveryReasonThatMakesARotationDue) {
  TestWorld asked;
  asked.memory.command = Command::rotate;
  as<Create>(asked.decide());
  TestWorld old;
  old.world.keys[0].created_at = TestWorld::ago(8 * 24h);
  as<Create>(old.decide());
  TestWorld gone;
  gone.world.keys.clear();
  as<Create>(gone.decide());
  TestWorld inactive;
  inactive.world.keys[0].status = KeyStatus::inactive;
  as<Create>(inactive.decide());
  TestWorld placeholder;
  placeholder.world.keys.clear();
  placeholder.world.secret.versions[0].key_id.reset();
  as<Create>(placeholder.decide());
}

TEST(Decide, Row13MakesNoKeyThatCouldGoNowhere) {
  TestWorld t;
  t.memory.command = Command::rotate;
  for (TargetState& target : t.world.targets) target.standing = Standing::unreachable;
  EXPECT_EQ(outcome_of(t.decide()), Outcome::incomplete);
}

TEST(Decide, Row14NamesWhatHoldsTheSlots) {
  TestWorld t;
  t.rotated(1h);
  t.memory.command = Command::rotate;
  const Decision decision = t.decide();
  EXPECT_EQ(outcome_of(decision), Outcome::blocked);
  EXPECT_EQ(decision.blockers.at(0).row, 14);
  EXPECT_THAT(decision.blockers[0].message, HasSubstr("AWSPREVIOUS"));
  EXPECT_THAT(decision.blockers[0].hint, HasSubstr("grace ends"));
}

TEST(Decide, SkippedTargetsAreNoLaggards) {
  TestWorld t;
  t.rotated(49h);
  TargetState& old = t.target("old-2019", kOldKey);
  old.standing = Standing::skipped;
  EXPECT_EQ(as<Deactivate>(t.decide()).key, kOldKey);
  EXPECT_TRUE(t.decide().laggards.empty());
}

TEST(Policy, RefusesWhatWouldLetAnEffectLandLate) {
  EXPECT_TRUE(Policy{}.validate());
  const auto refused = [](auto change) {
    Policy policy;
    change(policy);
    const auto result = policy.validate();
    return !result && result.error().kind == ErrorKind::usage;
  };
  EXPECT_TRUE(refused([](Policy& p) { p.grace = p.deadline; }));
  EXPECT_TRUE(refused([](Policy& p) { p.quarantine = p.deadline; }));
  EXPECT_TRUE(refused([](Policy& p) { p.orphan_min_age = p.deadline; }));
  EXPECT_TRUE(refused([](Policy& p) { p.longest_backup = p.grace; }));
  EXPECT_TRUE(refused([](Policy& p) { p.patience = p.grace; }));
  EXPECT_TRUE(refused([](Policy& p) { p.intent_window = p.deadline + 1s; }));
  EXPECT_TRUE(refused([](Policy& p) { p.wave_percent = 0; }));
  EXPECT_TRUE(refused([](Policy& p) { p.max_errors_percent = 101; }));
}

}  // namespace
}  // namespace keyturn::rotation
