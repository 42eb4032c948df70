// The counterexamples that the protocol's rules were drawn from, by name; each rule's absence must be found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actor.h"

namespace keyturn::simulation {
namespace {

using namespace std::chrono_literals;
using rotation::Command;
using rotation::Outcome;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Setting settled() {
  Setting setting;
  setting.settled = true;
  return setting;
}

void expect_sound(Scenario& scenario) {
  scenario.converge();
  EXPECT_THAT(scenario.violations(), IsEmpty());
  EXPECT_TRUE(scenario.works_everywhere());
}

// A run has made a key and is slow to store it; another finds an orphan.
void slow_store(Scenario& scenario, Duration pause) {
  Actor slow(scenario, Command::rotate);
  ASSERT_TRUE(slow.run_until("secretsmanager:PutSecretValue"));
  scenario.pass_time(pause);
  scenario.run(Command::reconcile);
  slow.finish();
}

TEST(Counterexample, C1SlowCreateAndStoreRacesOrphanRemoval) {
  for (const Duration pause : {0ms, 59'000ms, 61'000ms, 89'000ms, 95'000ms}) {
    Scenario scenario(settled());
    slow_store(scenario, pause);
    expect_sound(scenario);
  }
}

TEST(Counterexample, C1IsFoundWhereOrphansMayBeYoungerThanTheDeadline) {
  Setting setting = settled();
  setting.policy.orphan_min_age = 5s;
  Scenario scenario(setting);
  Actor slow(scenario, Command::rotate);
  ASSERT_TRUE(slow.run_until("secretsmanager:PutSecretValue"));
  scenario.pass_time(10s);
  scenario.run(Command::reconcile);
  slow.step();
  const std::string pending = scenario.pending_key();
  EXPECT_FALSE(pending.empty());
  EXPECT_THAT(scenario.key_ids(), Not(Contains(pending)));  // stored, and deleted before
}

TEST(Counterexample, C2AStaleDistributorWritesTheOldKeyAfterPromotionAndDeactivation) {
  Setting setting = settled();
  {
    Scenario scenario(setting);
    scenario.lose_credential("a");
    Actor stale(scenario, Command::reconcile);
    ASSERT_TRUE(stale.run_until("tds:a:commit"));
    scenario.run(Command::rotate);
    scenario.pass_time(setting.policy.grace + 5s);
    scenario.run(Command::reconcile);
    stale.finish();
    expect_sound(scenario);
  }
  // Either guard alone would do here; without both, the target ends on a dead key.
  setting.guards.dates_are_checked_in_the_transaction = false;
  setting.guards.deadline_is_checked_in_the_transaction = false;
  Scenario unguarded(setting);
  unguarded.lose_credential("a");
  Actor stale(unguarded, Command::reconcile);
  ASSERT_TRUE(stale.run_until("tds:a:commit"));
  unguarded.run(Command::rotate);
  unguarded.pass_time(setting.policy.grace + 5s);
  unguarded.run(Command::reconcile);
  stale.finish();
  EXPECT_THAT(unguarded.violations(), Contains(HasSubstr("invariant 1")));
}

TEST(Counterexample, C3ALateCommandWritesARetiredKeyThoughItCheckedTheStage) {
  // It has checked the stage, and stands before its transaction, until the key that it brings is gone.
  for (const bool guarded : {true, false}) {
    Setting setting = settled();
    setting.guards.deadline_is_checked_in_the_transaction = guarded;
    setting.guards.dates_are_checked_in_the_transaction = guarded;
    Scenario scenario(setting);
    scenario.run(Command::rotate);
    scenario.lose_credential("b");
    Actor late(scenario, Command::reconcile);
    ASSERT_TRUE(late.run_until("tds:b:commit"));
    scenario.pass_time(61s);
    for (int rotation = 0; rotation < 2; ++rotation) {
      scenario.run(Command::rotate);
      scenario.pass_time(setting.policy.grace + setting.policy.quarantine);
      scenario.run(Command::reconcile);
    }
    late.finish();
    if (guarded)
      expect_sound(scenario);
    else
      EXPECT_THAT(scenario.violations(), Not(IsEmpty()));
  }
}

TEST(Counterexample, C4RollbackRacesDistribute) {
  Scenario scenario(settled());
  Actor distributor(scenario, Command::rotate);
  ASSERT_TRUE(distributor.run_until("tds:b:commit"));
  scenario.run(Command::rollback);
  distributor.finish();
  expect_sound(scenario);
}

TEST(Counterexample, C4RollbackRacesPromoteWhichTheSwapAloneLetsThrough) {
  Scenario scenario(settled());
  const std::string old_key = scenario.current_key();
  Actor promoter(scenario, Command::rotate);
  ASSERT_TRUE(promoter.run_until("tds:b:commit"));
  ASSERT_TRUE(promoter.run_until("secretsmanager:UpdateSecretVersionStage"));
  scenario.run(Command::rollback);
  promoter.finish();
  EXPECT_NE(scenario.current_key(), old_key);  // the swap went through: nobody had moved AWSCURRENT
  expect_sound(scenario);
}

TEST(Counterexample, C4RollbackKeepsTheKeyThatAnUnreachableTargetHolds) {
  Scenario scenario(settled());
  Actor dying(scenario, Command::rotate);
  ASSERT_TRUE(dying.run_until("tds:b:commit"));
  const std::string abandoned = scenario.pending_key();
  dying.crash();
  scenario.target("a").reachable = false;  // it holds the abandoned key, and its backups go on
  scenario.run(Command::rollback);
  for (int round = 0; round < 4; ++round) {
    scenario.pass_time(scenario.setting.policy.grace + 5s);
    scenario.run(Command::reconcile);
    EXPECT_THAT(scenario.key_ids(), Contains(abandoned));
  }
  scenario.target("a").reachable = true;
  expect_sound(scenario);
}

TEST(Counterexample, C4RollbackLetsABackupEndThatBeganOnTheAbandonedKey) {
  Setting setting = settled();
  setting.backup_length = 1h;  // longer than longest_backup says, and than any grace
  Scenario scenario(setting);
  Actor dying(scenario, Command::rotate);
  ASSERT_TRUE(dying.run_until("tds:b:commit"));
  dying.step();
  const std::string abandoned = scenario.pending_key();
  dying.crash();
  scenario.target("a").stop_backups();
  scenario.pass_time(1s);  // a long backup begins on the key that is about to be abandoned
  scenario.run(Command::rollback);
  scenario.pass_time(10min);
  scenario.run(Command::reconcile);
  EXPECT_THAT(scenario.key_ids(), Contains(abandoned));
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

TEST(Counterexample, C5ARefusedProofAbandonsAKeyThatIsAlreadyDistributed) {
  Scenario scenario(settled());
  Actor dying(scenario, Command::rotate);
  ASSERT_TRUE(dying.run_until("tds:b:commit"));
  const std::string abandoned = scenario.pending_key();
  dying.crash();
  scenario.refused_keys.insert(abandoned);
  const auto result = scenario.run(Command::reconcile);
  ASSERT_TRUE(result);
  EXPECT_THAT(scenario.key_ids(), Contains(abandoned));
  EXPECT_EQ(scenario.pending_key(), "");
  expect_sound(scenario);
}

TEST(Counterexample, C6AnIntentLeftOpenDoesNotExplainAKeyThatTargetsHold) {
  Scenario scenario(settled());
  Actor dying(scenario, Command::rotate);
  ASSERT_TRUE(dying.run_until("secretsmanager:UntagResource"));  // stored; the intent is still open
  const std::string stored = scenario.pending_key();
  dying.crash();
  Actor second(scenario, Command::rotate);
  ASSERT_TRUE(second.run_until("tds:b:commit"));  // a has it
  second.crash();
  scenario.target("a").reachable = false;
  scenario.run(Command::rollback);
  scenario.pass_time(scenario.setting.policy.orphan_min_age + 60s);
  scenario.run(Command::reconcile);
  EXPECT_THAT(scenario.key_ids(), Contains(stored));
  scenario.target("a").reachable = true;
  expect_sound(scenario);
}

TEST(Counterexample, C7AgesCountToTheBeginOfTheObservation) {
  // An observer stands still between what it read and what it decides. Counted to the decision, the key would
  // be old enough by then to be taken for an orphan, and the stages that it read would be out of date.
  Scenario scenario(settled());
  Actor slow(scenario, Command::rotate);
  ASSERT_TRUE(slow.run_until("secretsmanager:PutSecretValue"));
  Actor observer(scenario, Command::reconcile);
  ASSERT_TRUE(observer.run_until("secretsmanager:Observe"));
  observer.step();  // has seen a key that no version names
  slow.finish();
  observer.finish();
  EXPECT_THAT(scenario.key_ids(), Contains(scenario.current_key()));
  expect_sound(scenario);

  Scenario later(settled());
  Actor maker(later, Command::rotate);
  ASSERT_TRUE(maker.run_until("secretsmanager:PutSecretValue"));
  later.pass_time(50s);
  Actor late(later, Command::reconcile);
  ASSERT_TRUE(late.run_until("iam:ListAccessKeys"));
  later.pass_time(50s);  // the key is 100 s old now, but was 50 s old when this observation began
  late.finish();
  ASSERT_TRUE(late.result());
  EXPECT_EQ(late.result()->outcome, Outcome::another_run);
  maker.finish();
  expect_sound(later);
}

TEST(Counterexample, C8TheDeadlineCountsFromTheObservationNotFromTheCall) {
  Scenario scenario(settled());
  const std::string old_key = scenario.current_key();
  scenario.lose_credential("b");
  Actor slow(scenario, Command::reconcile);
  ASSERT_TRUE(slow.run_until("tds:b:query"));
  ASSERT_TRUE(slow.step());
  ASSERT_TRUE(slow.run_until("tds:b:query"));  // the visit, after the observation
  scenario.pass_time(61s);                     // from here on nothing of that observation may land
  slow.run_until("tds:b:commit");
  slow.step();
  EXPECT_FALSE(scenario.target("b").held());
  slow.finish();  // but observing anew, it may
  EXPECT_EQ(scenario.target("b").held().value_or("").substr(0, old_key.size()), old_key);
  expect_sound(scenario);
}

TEST(Counterexample, C9APersonsNewKeyWhileAnIntentIsOpen) {
  // Outside of the intent's short window, or used: not ours.
  Scenario scenario(settled());
  Actor dying(scenario, Command::rotate);
  ASSERT_TRUE(dying.run_until("iam:CreateAccessKey"));
  dying.crash();
  scenario.pass_time(scenario.setting.policy.intent_window + 1s);
  const std::string foreign = scenario.make_foreign_key();
  ASSERT_FALSE(foreign.empty());
  for (int round = 0; round < 4; ++round) {
    const auto result = scenario.run(Command::reconcile);
    ASSERT_TRUE(result);
    scenario.pass_time(scenario.setting.policy.orphan_min_age + 1s);
  }
  EXPECT_THAT(scenario.violations(), IsEmpty());
  EXPECT_THAT(scenario.key_ids(), Contains(foreign));
}

TEST(Counterexample, C10AForeignKeyIsReportedAndStopsNoRepair) {
  Scenario scenario(settled());
  scenario.run(Command::reconcile);
  const std::string foreign = scenario.make_foreign_key();
  scenario.lose_credential("a");
  const auto result = scenario.run(Command::reconcile);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->outcome, Outcome::blocked);
  ASSERT_FALSE(result->blockers.empty());
  EXPECT_EQ(result->blockers[0].key, foreign);
  EXPECT_TRUE(scenario.target("a").state().confirmed_on(scenario.current_key()));
  EXPECT_THAT(scenario.violations(), IsEmpty());
}

}  // namespace
}  // namespace keyturn::simulation
