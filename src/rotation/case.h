// One case before `decide`: the observation, seen through the questions that the rows ask. Internal to
// rotation/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rotation/decide.h"

namespace keyturn::rotation {

// What a row proposes.
struct Choice {
  int row = 0;
  Action action;
  std::string reason;
};

// What the rows found on the way and report whatever is chosen.
struct Findings {
  std::vector<Blocker> blockers;
  std::vector<std::string> pending_work;
};

class Case {
  // Declared first, since the keys below may point here.
  std::optional<AccessKey> unlisted_current_;
  std::optional<AccessKey> unlisted_pending_;

  // Without those that are given up.
  [[nodiscard]] std::vector<const TargetState*> fresh_first(std::vector<const TargetState*> targets) const;
  [[nodiscard]] bool backed_up(const TargetState& target, const KeyId& key) const;

 public:
  Case(const Policy& policy, const Observation& observation, const RunMemory& memory);
  Case(const Case&) = delete;  // its keys may point into itself
  Case& operator=(const Case&) = delete;

  const Policy& policy;
  const Observation& world;
  const RunMemory& memory;
  const TimePoint now;

  // The service's own rotation has prepared a version for this run: it bears AWSPENDING, without a value. For
  // the rows nothing is pending then.
  const bool is_prepared;

  // The versions that bear a stage, and the keys they name as far as IAM still has them. Null where there is
  // none.
  const SecretVersion* const current;
  const SecretVersion* const pending;
  const SecretVersion* const previous;
  const AccessKey* const current_key;
  const AccessKey* const pending_key;
  const AccessKey* const previous_key;

  [[nodiscard]] bool current_is_live() const;
  [[nodiscard]] bool is_proven(const AccessKey& key) const { return memory.proven.contains(key.id); }

  // Known: every target but the skipped ones.
  [[nodiscard]] bool written_off(const TargetState& target) const;
  [[nodiscard]] bool gave_up(
      const TargetState& target) const;  // its writes failed in this run as often as they may
  [[nodiscard]] const WriteFailure* failure(const TargetState& target) const;
  [[nodiscard]] std::vector<const TargetState*> updatable() const;
  // Updatable, not confirmed on the key, and not given up; fresh ones before those that failed once.
  [[nodiscard]] std::vector<const TargetState*> to_write(const KeyId& key) const;
  // Likewise, but confirmed on the key, and without a proof backup in this run.
  [[nodiscard]] std::vector<const TargetState*> to_prove(const KeyId& key) const;
  // Proof backups are wanted, and none was made with the key in this run.
  [[nodiscard]] bool lacks_proof(const KeyId& key) const;
  // Confirmed on the key, and nothing is wanted of it any more before the key is promoted.
  [[nodiscard]] bool is_done(const TargetState& target, const KeyId& key) const;
  // Known and not written off, but not confirmed on the current key.
  [[nodiscard]] std::vector<const TargetState*> holdouts() const;
  // Some target was read and is confirmed on the current key, or there is no target to be read. In an outage
  // of the controller's own network nobody is, and nothing may be retired.
  [[nodiscard]] bool fleet_was_seen() const;
  [[nodiscard]] bool any_marked_with(const KeyId& key) const;
  // A backup that began before its target got its present key, and so may run on an older one.
  [[nodiscard]] const TargetState* running_older_backup() const;
  [[nodiscard]] std::vector<Laggard> laggards(const KeyId& key) const;

  // The latest change of any target's marker or of the secret's stages.
  [[nodiscard]] TimePoint quiet_since() const;
  [[nodiscard]] TimePoint grace_ends() const { return quiet_since() + policy.grace; }
  // After this moment no backup of ours can still be using an older key.
  [[nodiscard]] TimePoint backups_ended() const { return quiet_since() + policy.longest_backup; }

  // Why a rotation is due, or nothing.
  [[nodiscard]] std::optional<std::string> due() const;
  // All of `targets` that fit into one wave, at least one.
  [[nodiscard]] std::vector<TargetName> wave(const std::vector<const TargetState*>& targets) const;
};

std::string describe(const AccessKey& key);  // "created …, last used … by s3 in us-east-1"
std::string join_names(const std::vector<TargetName>& names);  // a few of them, and how many more
std::vector<TargetName> names_of(const std::vector<const TargetState*>& targets);

}  // namespace keyturn::rotation
