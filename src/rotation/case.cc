#include "rotation/case.h"

#include <fmt/format.h>

#include <algorithm>

namespace keyturn::rotation {
namespace {

const AccessKey* key_of(const Policy& policy, const Observation& world, const SecretVersion* version,
                        std::optional<AccessKey>& unlisted) {
  if (version == nullptr || !version->key_id) return nullptr;
  if (const AccessKey* key = world.key(*version->key_id)) return key;
  if (world.began_at - version->created_at > policy.propagation) return nullptr;
  unlisted = AccessKey{*version->key_id, KeyStatus::active, version->created_at, std::nullopt};
  return &*unlisted;
}

bool is_waiting_for_a_value(const SecretVersion* pending, const RunMemory& memory) {
  return pending != nullptr && !pending->key_id && memory.options.token == pending->id;
}

}  // namespace

Case::Case(const Policy& policy_in, const Observation& observation, const RunMemory& memory_in)
    : policy(policy_in),
      world(observation),
      memory(memory_in),
      now(observation.began_at),
      is_prepared(is_waiting_for_a_value(world.secret.at(Stage::pending), memory)),
      current(world.secret.at(Stage::current)),
      pending(is_prepared ? nullptr : world.secret.at(Stage::pending)),
      previous(world.secret.at(Stage::previous)),
      current_key(key_of(policy, world, current, unlisted_current_)),
      pending_key(key_of(policy, world, pending, unlisted_pending_)),
      previous_key(previous != nullptr && previous->key_id ? world.key(*previous->key_id) : nullptr) {}

bool Case::current_is_live() const {
  return current_key != nullptr && current_key->status == KeyStatus::active;
}

bool Case::written_off(const TargetState& target) const {
  if (target.standing != Standing::unreachable) return false;
  // Where nobody can say since when it is away, the last change of the secret stands in: every run since then
  // that found the target would have brought it up to date, and row 11 sees whether a backup used the old key
  // meanwhile.
  return now - std::min(target.since.value_or(world.secret.stage_changed_at), now) > policy.patience;
}

const WriteFailure* Case::failure(const TargetState& target) const {
  const auto found = memory.failed.find(target.name);
  return found == memory.failed.end() ? nullptr : &found->second;
}

bool Case::gave_up(const TargetState& target) const {
  const WriteFailure* failed = failure(target);
  return failed != nullptr && failed->attempts >= kWriteAttempts;
}

std::vector<const TargetState*> Case::updatable() const {
  std::vector<const TargetState*> found;
  for (const TargetState& target : world.targets)
    if (target.standing == Standing::updatable) found.push_back(&target);
  return found;
}

std::vector<const TargetState*> Case::fresh_first(std::vector<const TargetState*> targets) const {
  std::erase_if(targets, [&](const TargetState* target) { return gave_up(*target); });
  std::stable_sort(targets.begin(), targets.end(), [&](const TargetState* a, const TargetState* b) {
    return (failure(*a) != nullptr) < (failure(*b) != nullptr);
  });
  return targets;
}

std::vector<const TargetState*> Case::to_write(const KeyId& key) const {
  std::vector<const TargetState*> found = updatable();
  std::erase_if(found, [&](const TargetState* target) { return target->confirmed_on(key); });
  return fresh_first(std::move(found));
}

std::vector<const TargetState*> Case::to_prove(const KeyId& key) const {
  std::vector<const TargetState*> found = updatable();
  std::erase_if(found, [&](const TargetState* target) {
    return !target->confirmed_on(key) || backed_up(*target, key);
  });
  return fresh_first(std::move(found));
}

bool Case::backed_up(const TargetState& target, const KeyId& key) const {
  const auto found = memory.backed_up.find(key);
  return found != memory.backed_up.end() && found->second.contains(target.name);
}

bool Case::lacks_proof(const KeyId& key) const {
  return policy.proof_backup != ProofBackup::off && !memory.backed_up.contains(key);
}

bool Case::is_done(const TargetState& target, const KeyId& key) const {
  if (!target.confirmed_on(key) || lacks_proof(key)) return false;
  return policy.proof_backup != ProofBackup::all || backed_up(target, key);
}

std::vector<const TargetState*> Case::holdouts() const {
  std::vector<const TargetState*> found;
  for (const TargetState& target : world.targets) {
    if (target.standing == Standing::skipped || written_off(target)) continue;
    if (current_key == nullptr || !target.confirmed_on(current_key->id)) found.push_back(&target);
  }
  return found;
}

bool Case::fleet_was_seen() const {
  bool any_known = false;
  for (const TargetState& target : world.targets) {
    if (current_key != nullptr && target.confirmed_on(current_key->id)) return true;
    any_known = any_known || target.standing != Standing::skipped;
  }
  return !any_known;
}

bool Case::any_marked_with(const KeyId& key) const {
  return std::any_of(world.targets.begin(), world.targets.end(),
                     [&](const TargetState& target) { return target.marked_with(key); });
}

const TargetState* Case::running_older_backup() const {
  for (const TargetState& target : world.targets) {
    const auto marked_at = target.last_marked_at();
    for (const RunningBackup& backup : target.backups)
      if (!marked_at || backup.started_at <= *marked_at) return &target;
  }
  return nullptr;
}

std::vector<Laggard> Case::laggards(const KeyId& key) const {
  std::vector<Laggard> found;
  for (const TargetState& target : world.targets) {
    if (target.standing == Standing::skipped || target.confirmed_on(key)) continue;
    const WriteFailure* failed = failure(target);
    std::string reason = failed != nullptr        ? failed->reason
                         : !target.reason.empty() ? target.reason
                                                  : fmt::format("It does not hold {} yet.", key);
    found.push_back({target.name, std::move(reason), target.since, written_off(target)});
  }
  return found;
}

TimePoint Case::quiet_since() const {
  TimePoint latest = world.secret.stage_changed_at;
  for (const TargetState& target : world.targets)
    if (const auto marked_at = target.last_marked_at()) latest = std::max(latest, *marked_at);
  return latest;
}

std::optional<std::string> Case::due() const {
  if (memory.command == Command::rollback || pending != nullptr || memory.create_failed) return std::nullopt;
  if (current == nullptr || !current->key_id)
    return fmt::format("the secret {} holds no access key yet", world.secret.name);
  if (current_key == nullptr) return fmt::format("IAM no longer has the current key {}", *current->key_id);
  if (current_key->status != KeyStatus::active)
    return fmt::format("the current key {} is Inactive", current_key->id);
  if (memory.command == Command::rotate && !memory.rotated) return "a rotation was asked for";
  const Duration age = now - current_key->created_at;
  if (age > policy.max_age)
    return fmt::format("the current key {} is {} old, more than max_age {}", current_key->id,
                       format_duration(age), format_duration(policy.max_age));
  return std::nullopt;
}

std::vector<TargetName> Case::wave(const std::vector<const TargetState*>& targets) const {
  if (memory.options.compromised) return names_of(targets);  // every minute counts
  const std::size_t share = updatable().size() * std::size_t(policy.wave_percent) / 100;
  std::vector<TargetName> names = names_of(targets);
  names.resize(std::min(names.size(), std::max<std::size_t>(share, 1)));
  return names;
}

std::string describe(const AccessKey& key) {
  std::string text = fmt::format("{}, created {}", to_string(key.status), format_iso8601(key.created_at));
  if (!key.last_used) return text + ", never used";
  return text + fmt::format(", last used {} by {} in {}", format_iso8601(key.last_used->at),
                            key.last_used->service, key.last_used->region);
}

std::string join_names(const std::vector<TargetName>& names) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > kShown ? text + fmt::format(" and {} more", names.size() - kShown) : text;
}

std::vector<TargetName> names_of(const std::vector<const TargetState*>& targets) {
  std::vector<TargetName> names;
  names.reserve(targets.size());
  for (const TargetState* target : targets) names.push_back(target->name);
  return names;
}

}  // namespace keyturn::rotation
