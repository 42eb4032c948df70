// Rows 8 to 10: keys of the user that no stage of the secret names.
#include <fmt/format.h>

#include <algorithm>

#include "rotation/rows.h"

namespace keyturn::rotation {
namespace {

std::vector<const AccessKey*> unnamed_keys(const Case& world) {
  std::vector<const AccessKey*> found;
  for (const AccessKey& key : world.world.keys)
    if (world.world.secret.naming(key.id) == nullptr) found.push_back(&key);
  return found;
}

// A key can come of an intent if it was not there before, was made within the intent's short window, and was
// never used: whoever made it by hand for a purpose of his own would have used it (C9).
bool could_explain(const Case& world, const Intent& intent, const AccessKey& key) {
  const Duration apart = key.created_at > intent.at ? key.created_at - intent.at : intent.at - key.created_at;
  return std::find(intent.existing.begin(), intent.existing.end(), key.id) == intent.existing.end() &&
         apart <= world.policy.intent_window && !key.last_used;
}

// An intent stands for one key. Where two could be it, neither is explained.
const Intent* explanation(const Case& world, const AccessKey& key) {
  const auto unnamed = unnamed_keys(world);
  for (const Intent& intent : world.world.secret.intents) {
    const auto candidates = std::count_if(unnamed.begin(), unnamed.end(), [&](const AccessKey* other) {
      return could_explain(world, intent, *other);
    });
    if (candidates == 1 && could_explain(world, intent, key)) return &intent;
  }
  return nullptr;
}

bool explains_something(const Case& world, const Intent& intent) {
  const auto unnamed = unnamed_keys(world);
  return std::any_of(unnamed.begin(), unnamed.end(),
                     [&](const AccessKey* key) { return could_explain(world, intent, *key); });
}

std::string what_to_type(const Case& world, const KeyId& key) {
  return fmt::format(
      "If something else uses it, give that an IAM user of its own. If nothing does: `aws iam "
      "update-access-key "
      "--user-name {0} --access-key-id {1} --status Inactive`, and later `aws iam delete-access-key "
      "--user-name {0} "
      "--access-key-id {1}`.",
      world.world.user, key);
}

// Why an abandoned key must be kept for now, or nothing.
std::optional<std::string> reason_to_keep(const Case& world, const AccessKey& key) {
  const auto holdouts = world.holdouts();
  if (world.pending != nullptr) return "a rotation is under way";
  if (!world.current_is_live()) return "AWSCURRENT names no live key that could stand in for it";
  if (!holdouts.empty())
    return fmt::format("not every target is confirmed on the current key: {}",
                       join_names(names_of(holdouts)));
  if (!world.fleet_was_seen()) return "no target could be read that is confirmed on the current key";
  if (world.any_marked_with(key.id)) return "a target is still marked with it";
  if (const TargetState* target = world.running_older_backup())
    return fmt::format("a backup on {} that began before its key changed is still running", target->name);
  if (world.now <= world.grace_ends())
    return fmt::format("quiet is over at {}", format_iso8601(world.grace_ends()));
  return std::nullopt;
}

}  // namespace

std::optional<Choice> clean_up_orphan(const Case& world, Findings& findings) {
  std::optional<Choice> young;
  for (const AccessKey* key : unnamed_keys(world)) {
    const Intent* intent = explanation(world, *key);
    if (intent == nullptr) continue;
    // The age counts to the moment the observation began (C7); a run that is slow to store its key has lost
    // the right to do so by then, since its deadline is shorter (C1).
    if (world.now - key->created_at > world.policy.orphan_min_age)
      return Choice{
          8, DeleteKey{key->id, intent->run_id},
          fmt::format("{} was made by a run that did not live to store it; it was never used.", key->id)};
    const TimePoint ripe = key->created_at + world.policy.orphan_min_age;
    findings.pending_work.push_back(fmt::format("{} is deleted after {}, unless it gets stored until then.",
                                                key->id, format_iso8601(ripe)));
    const Outcome outcome =
        world.memory.create_failed ? world.memory.create_failed->outcome : Outcome::another_run;
    young = Choice{8, Stop{outcome},
                   fmt::format("{} was created at {} and is not stored: another run may be at work on it.",
                               key->id, format_iso8601(key->created_at))};
  }
  if (young) return young;
  for (const Intent& intent : world.world.secret.intents)
    if (world.now - intent.at > world.policy.orphan_min_age && !explains_something(world, intent))
      return Choice{
          8, CloseIntent{intent.run_id},
          fmt::format("The intent of {} came to nothing, or its key is stored.", format_iso8601(intent.at))};
  return std::nullopt;
}

std::optional<Choice> report_foreign_keys(const Case& world, Findings& findings) {
  for (const AccessKey* key : unnamed_keys(world)) {
    if (explanation(world, *key) != nullptr) continue;
    findings.blockers.push_back(
        {9, key->id,
         fmt::format("Access key {} of user {} ({}) is in no version of the secret {}, and no run of keyturn "
                     "made it.",
                     key->id, world.world.user, describe(*key), world.world.secret.name),
         what_to_type(world, key->id)});
  }
  return std::nullopt;
}

std::optional<Choice> delete_unlabelled(const Case& world, Findings& findings) {
  for (const AccessKey& key : world.world.keys) {
    const SecretVersion* version = world.world.secret.naming(key.id);
    if (version == nullptr || !version->stages.empty()) continue;
    if (const auto keep = reason_to_keep(world, key)) {
      findings.pending_work.push_back(fmt::format("The abandoned key {} is kept: {}.", key.id, *keep));
      continue;
    }
    if (key.last_used && key.last_used->at > world.backups_ended()) {
      findings.blockers.push_back(
          {10, key.id,
           fmt::format("The abandoned key {} ({}) is in use by something that is not a target.", key.id,
                       describe(key)),
           what_to_type(world, key.id)});
      continue;
    }
    return Choice{10, DeleteKey{key.id, {}},
                  fmt::format("{} was abandoned, no target holds it, and quiet is over.", key.id)};
  }
  return std::nullopt;
}

}  // namespace keyturn::rotation
