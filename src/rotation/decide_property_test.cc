// Whatever the world looks like, `decide` answers, answers the same again, comes to an end, and proposes
// nothing that would break an invariant. The checks below are written from the invariants, not from the rows.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "rotation/decide.h"
#include "rotation/predict.h"
#include "rotation/test_world.h"

namespace keyturn::rotation {
namespace {

using namespace std::chrono_literals;

// A hundred draws, RapidCheck's default, leave rare rows unvisited. What the environment says stands.
const bool kSearchesLong = setenv("RC_PARAMS", "max_success=3000", 0) == 0;

const std::vector<KeyId> kIds{kOldKey, kNewKey, kOtherKey};
const std::vector<Duration> kAges{0s, 5s, 90s, 10min, 40min, 25h, 50h, 24h * 8, 24h * 20};

rc::Gen<TimePoint> past() {
  return rc::gen::map(rc::gen::elementOf(kAges), [](Duration age) { return kNow - age; });
}
rc::Gen<bool> often() {
  return rc::gen::map(rc::gen::inRange(0, 4), [](int drawn) { return drawn != 0; });
}

AccessKey draw_key(const KeyId& id) {
  AccessKey key{id, *often() ? KeyStatus::active : KeyStatus::inactive, *past(), std::nullopt};
  if (!*often()) key.last_used = LastUsed{*past(), "s3", "us-east-1"};
  return key;
}

TargetState draw_target(const TargetName& name) {
  TargetState target;
  target.name = name;
  target.standing = *often()
                        ? Standing::updatable
                        : *rc::gen::element(Standing::read_only, Standing::unreachable, Standing::skipped);
  const TimePoint at = *past();
  CredentialState credential{"s3://b/x", *often(), *often() ? at : *past(), std::nullopt, at};
  if (*often()) credential.marker_key = *rc::gen::elementOf(kIds);
  target.credentials.push_back(credential);
  if (!*often()) target.backups.push_back({*past()});
  return target;
}

SecretState draw_secret() {
  SecretState secret;
  secret.name = "sqlcredential";
  secret.stage_changed_at = *past();
  for (int i = 0; i < *rc::gen::inRange(0, 4); ++i) {
    SecretVersion version{"v" + std::to_string(i), {}, *past(), std::nullopt};
    if (*often()) version.key_id = *rc::gen::elementOf(kIds);
    secret.versions.push_back(version);
  }
  for (const Stage stage : {Stage::current, Stage::pending, Stage::previous})
    if (!secret.versions.empty() && *often())
      secret.versions[std::size_t(*rc::gen::inRange(0, int(secret.versions.size())))].stages.insert(stage);
  for (int i = 0; i < *rc::gen::inRange(0, 3); ++i)
    secret.intents.push_back({"run-" + std::to_string(i), *past(),
                              *rc::gen::container<std::vector<KeyId>>(*rc::gen::inRange<std::size_t>(0, 3),
                                                                      rc::gen::elementOf(kIds))});
  return secret;
}

// A sound world, with one to three things changed by chance: reaches the rows that a random one seldom does.
TestWorld draw_nearly_sound_world() {
  TestWorld t;
  t.target("c", kOldKey);
  if (*often()) t.rotated(*rc::gen::elementOf(kAges));
  if (!*often() && t.world.keys.size() < 2) t.pending(*rc::gen::elementOf(kAges));
  for (const AccessKey& key : t.world.keys)
    if (*often()) t.memory.proven.insert(key.id);
  const int changes = *rc::gen::inRange(0, 3);
  for (int i = 0; i < changes; ++i) {
    AccessKey& key = t.world.keys[std::size_t(*rc::gen::inRange(0, int(t.world.keys.size())))];
    TargetState& target = t.world.targets[std::size_t(*rc::gen::inRange(0, int(t.world.targets.size())))];
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        key.status = KeyStatus::inactive;
        break;
      case 1:
        key.last_used = LastUsed{*past(), "s3", "us-east-1"};
        break;
      case 2:
        target.standing = *rc::gen::element(Standing::read_only, Standing::unreachable, Standing::skipped);
        break;
      case 3:
        TestWorld::hold(target, *rc::gen::elementOf(kIds), *rc::gen::elementOf(kAges));
        break;
      case 4:
        target.backups.push_back({*past()});
        break;
      default:
        t.world.secret.versions[std::size_t(*rc::gen::inRange(0, int(t.world.secret.versions.size())))]
            .stages.clear();
    }
  }
  t.memory.command = *rc::gen::element(Command::reconcile, Command::rotate, Command::rollback);
  return t;
}

void draw_proofs(TestWorld& t) {
  t.policy.proof_backup = *rc::gen::element(ProofBackup::off, ProofBackup::canary, ProofBackup::all);
  for (const KeyId& id : kIds) {
    for (const TargetState& target : t.world.targets)
      if (!*often()) t.memory.backed_up[id].insert(target.name);
    if (!*often()) t.memory.backup_refused[id] = "refused";
  }
}

// Where nothing is wrong but targets that lag behind: reaches the roll-out, which chance seldom does.
TestWorld draw_rotation_under_way() {
  TestWorld t;
  t.target("c", kOldKey);
  t.pending(90s);
  t.memory.proven.insert(kNewKey);
  for (TargetState& target : t.world.targets) {
    if (*rc::gen::arbitrary<bool>()) TestWorld::hold(target, kNewKey, 5s);
    if (!*often()) t.memory.failed[target.name] = {*rc::gen::inRange(1, kWriteAttempts + 1), "failed"};
    if (!*often()) target.standing = *rc::gen::element(Standing::read_only, Standing::unreachable);
  }
  return t;
}

TestWorld draw_unsound_world() {
  TestWorld t;
  t.world.keys.clear();
  t.world.targets.clear();
  t.world.secret = draw_secret();
  const int keys = *rc::gen::inRange(0, 3);
  const int first = *rc::gen::inRange(0, 3);
  for (int i = 0; i < keys; ++i) t.world.keys.push_back(draw_key(kIds[std::size_t(first + i) % kIds.size()]));
  for (const char* name : {"a", "b", "c", "d"})
    if (*often()) t.world.targets.push_back(draw_target(name));
  t.memory.command = *rc::gen::element(Command::reconcile, Command::rotate, Command::rollback);
  for (const KeyId& id : kIds) {
    if (!*often()) t.memory.proven.insert(id);
    if (!*often() && !t.memory.proven.contains(id)) t.memory.refused[id] = "refused";
  }
  for (const TargetState& target : t.world.targets)
    if (!*often()) t.memory.failed[target.name] = {*rc::gen::inRange(1, kWriteAttempts + 1), "failed"};
  return t;
}

const SecretVersion* named(const TestWorld& t, const KeyId& key) { return t.world.secret.naming(key); }

bool held_by_stage(const TestWorld& t, Stage stage, const KeyId& key) {
  const SecretVersion* version = t.world.secret.at(stage);
  return version != nullptr && version->key_id == key;
}

// Every target that is known, and was not away for longer than patience, was read and is confirmed on
// AWSCURRENT.
bool whole_fleet_is_on_current(const TestWorld& t) {
  const SecretVersion* current = t.world.secret.at(Stage::current);
  return current != nullptr && current->key_id &&
         std::all_of(t.world.targets.begin(), t.world.targets.end(), [&](const TargetState& target) {
           if (target.standing == Standing::skipped) return true;
           if (target.standing == Standing::unreachable)
             return kNow - t.world.secret.stage_changed_at > t.policy.patience;
           return target.confirmed_on(*current->key_id);
         });
}

TestWorld draw_world() {
  TestWorld t;
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      t = draw_rotation_under_way();
      break;
    case 1:
    case 2:
      t = draw_nearly_sound_world();
      break;
    default:
      t = draw_unsound_world();
  }
  draw_proofs(t);
  return t;
}

struct Safety {
  const TestWorld& t;

  void operator()(const Stop& /*action*/) const {}
  void operator()(const DropPending& action) const {
    RC_ASSERT((t.world.secret.at(Stage::pending) != nullptr));
    RC_ASSERT(t.world.secret.at(Stage::pending)->id == action.version);
  }
  void operator()(const CloseIntent& action) const {
    const auto& intents = t.world.secret.intents;
    RC_ASSERT(std::any_of(intents.begin(), intents.end(), [&](const Intent& intent) {
      return intent.run_id == action.run_id && kNow - intent.at > t.policy.orphan_min_age;
    }));
  }
  void operator()(const Prove& action) const { RC_ASSERT((named(t, action.key) != nullptr)); }
  void operator()(const Distribute& action) const {
    RC_ASSERT(t.memory.proven.contains(action.key));
    RC_ASSERT(held_by_stage(t, Stage::pending, action.key));
    check_targets(action.targets);
    RC_ASSERT(!t.memory.backup_refused.contains(action.key));
    if (t.policy.proof_backup == ProofBackup::off) {
      RC_ASSERT(!action.prove_backup);
      return;
    }
    // One target at a time, and with a proof, until one has passed it.
    const bool is_proven = t.memory.backed_up.contains(action.key);
    RC_ASSERT(is_proven || (action.prove_backup && action.targets.size() == 1));
    RC_ASSERT(action.prove_backup || t.policy.proof_backup == ProofBackup::canary);
  }
  void operator()(const Repair& action) const {
    RC_ASSERT(t.memory.proven.contains(action.key));
    RC_ASSERT(held_by_stage(t, Stage::current, action.key));
    RC_ASSERT((t.world.secret.at(Stage::pending) == nullptr));
    check_targets(action.targets);
  }
  void operator()(const Promote& action) const {
    RC_ASSERT(t.memory.proven.contains(action.key));
    RC_ASSERT(held_by_stage(t, Stage::pending, action.key));
    RC_ASSERT(std::any_of(t.world.targets.begin(), t.world.targets.end(),
                          [&](const TargetState& target) { return target.confirmed_on(action.key); }));
    if (t.policy.proof_backup == ProofBackup::off) return;
    RC_ASSERT(!t.memory.backup_refused.contains(action.key));
    const auto proven = t.memory.backed_up.find(action.key);
    RC_ASSERT(proven != t.memory.backed_up.end());
    if (t.policy.proof_backup != ProofBackup::all) return;
    for (const TargetState& target : t.world.targets)
      RC_ASSERT(target.standing != Standing::updatable || proven->second.contains(target.name) ||
                t.memory.failed.contains(target.name));
  }
  void operator()(const Reactivate& action) const {
    RC_ASSERT(held_by_stage(t, Stage::previous, action.key));
    RC_ASSERT(t.world.key(action.key)->status == KeyStatus::inactive);
  }
  void operator()(const Deactivate& action) const {
    RC_ASSERT(held_by_stage(t, Stage::previous, action.key));
    check_unneeded(action.key);
    RC_ASSERT(whole_fleet_is_on_current(t));
  }
  void operator()(const DeleteKey& action) const {
    const AccessKey* key = t.world.key(action.key);
    RC_ASSERT((key != nullptr));
    const SecretVersion* version = named(t, action.key);
    if (version == nullptr) {  // ours and unused, or not touched
      RC_ASSERT(!key->last_used);
      RC_ASSERT(!action.close_intent.empty());
      RC_ASSERT(kNow - key->created_at > t.policy.orphan_min_age);
      return;
    }
    check_unneeded(action.key);
    if (version->stages.empty())
      RC_ASSERT(whole_fleet_is_on_current(t));
    else
      RC_ASSERT(key->status == KeyStatus::inactive && version->stages.contains(Stage::previous));
    for (const TargetState& target : t.world.targets) RC_ASSERT(!target.marked_with(action.key));
  }
  void operator()(const Create& /*action*/) const {
    RC_ASSERT(t.world.keys.size() < 2U);
    RC_ASSERT((t.world.secret.at(Stage::pending) == nullptr));
    RC_ASSERT(t.memory.command != Command::rollback);
  }

 private:
  void check_unneeded(const KeyId& key) const {
    RC_ASSERT(!held_by_stage(t, Stage::current, key));
    RC_ASSERT(!held_by_stage(t, Stage::pending, key));
    RC_ASSERT(kNow - t.world.secret.stage_changed_at > t.policy.grace);
  }
  void check_targets(const std::vector<TargetName>& names) const {
    RC_ASSERT(!names.empty());
    for (const TargetName& name : names) {
      const auto& targets = t.world.targets;
      const auto target = std::find_if(targets.begin(), targets.end(),
                                       [&](const TargetState& state) { return state.name == name; });
      RC_ASSERT(target != targets.end());
      RC_ASSERT(target->standing == Standing::updatable);
    }
  }
};

std::string shown(const Decision& decision) {
  return std::to_string(decision.row) + name_of(decision.action) + decision.reason;
}

RC_GTEST_PROP(DecideProperty, IsDeterministicAndNeverUnsafe, ()) {
  const TestWorld t = draw_world();
  const Decision decision = t.decide();
  RC_TAG(name_of(decision.action));
  RC_ASSERT(!decision.reason.empty());
  RC_ASSERT(shown(decision) == shown(t.decide()));
  std::visit(Safety{t}, decision.action);
}

RC_GTEST_PROP(DecideProperty, ComesToAnEndWhenEveryStepSucceeds, ()) {
  TestWorld t = draw_world();
  int steps = 0;
  std::string trail;
  for (Decision decision = t.decide(); !std::holds_alternative<Stop>(decision.action);
       decision = t.decide()) {
    std::visit(Safety{t}, decision.action);
    trail += name_of(decision.action) + ": " + decision.reason + "\n";
    predict(decision.action, t.world, t.memory);
    if (++steps == 40) RC_FAIL(trail);
  }
}

}  // namespace
}  // namespace keyturn::rotation
