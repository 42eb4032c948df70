// Tests only: observations built in a few words.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "rotation/decide.h"

namespace keyturn::rotation {

inline const TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 6 / 15}};
inline constexpr const char* kOldKey = "AKIAOLDOLDOLDOLDOLD1";
inline constexpr const char* kNewKey = "AKIANEWNEWNEWNEWNEW2";
inline constexpr const char* kOtherKey = "AKIAOTHEROTHEROTHER3";

// A fleet at rest: one key, AWSCURRENT names it, two targets confirmed on it, all of it 3 days old.
class TestWorld {
 public:
  TestWorld() {
    world.began_at = kNow;
    world.user = "sql-backups-user";
    world.secret.name = "sqlcredential";
    world.secret.stage_changed_at = ago(std::chrono::days{3});
    key(kOldKey, std::chrono::days{3});
    version("v-old", {Stage::current}, kOldKey, std::chrono::days{3});
    target("a", kOldKey);
    target("b", kOldKey);
  }

  static TimePoint ago(Duration duration) { return kNow - duration; }

  AccessKey& key(const KeyId& id, Duration age) {
    return world.keys.emplace_back(AccessKey{id, KeyStatus::active, ago(age), std::nullopt});
  }
  SecretVersion& version(const VersionId& id, std::set<Stage> stages, std::optional<KeyId> names,
                         Duration age) {
    return world.secret.versions.emplace_back(
        SecretVersion{id, std::move(stages), ago(age), std::move(names)});
  }
  TargetState& target(const TargetName& name, const KeyId& holds) {
    TargetState state;
    state.name = name;
    state.standing = Standing::updatable;
    const TimePoint at = ago(std::chrono::days{3});
    state.credentials.push_back({"s3://b.s3.us-east-1.amazonaws.com/backups", true, at, holds, at});
    return world.targets.emplace_back(std::move(state));
  }
  TargetState& at(const TargetName& name) {
    for (TargetState& state : world.targets)
      if (state.name == name) return state;
    throw name;
  }

  // A rotation under way: kNewKey made and stored `age` ago.
  void pending(Duration age) {
    key(kNewKey, age);
    version("v-new", {Stage::pending}, kNewKey, age);
  }
  // A rotation done `age` ago: every target on kNewKey, kOldKey is AWSPREVIOUS.
  void rotated(Duration age) {
    key(kNewKey, age);
    world.secret.versions[0].stages = {Stage::previous};
    version("v-new", {Stage::current}, kNewKey, age);
    world.secret.stage_changed_at = ago(age);
    for (TargetState& state : world.targets) hold(state, kNewKey, age);
  }
  static void hold(TargetState& state, const KeyId& id, Duration age) {
    for (CredentialState& credential : state.credentials)
      credential = {credential.name, true, ago(age), id, ago(age)};
  }

  [[nodiscard]] Decision decide() const { return rotation::decide(policy, world, memory); }

  Policy policy;
  Observation world;
  RunMemory memory;
};

// The action that was decided, where it is a T; else the test has failed.
template <class T>
const T& as(const Decision& decision) {
  const T* action = std::get_if<T>(&decision.action);
  if (action == nullptr) {
    ADD_FAILURE() << "decided " << name_of(decision.action) << ": " << decision.reason;
    static const T kNone{};
    return kNone;
  }
  return *action;
}

inline Outcome outcome_of(const Decision& decision) { return as<Stop>(decision).outcome; }

}  // namespace keyturn::rotation
