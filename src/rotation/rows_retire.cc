// Rows 11 and 12: the end of AWSPREVIOUS. No key is deactivated while a known target may still hold it.
#include <fmt/format.h>

#include "rotation/rows.h"

namespace keyturn::rotation {
namespace {

// The key that AWSPREVIOUS names, unless the current version names the same one.
const AccessKey* retiring(const Case& world) {
  if (world.previous_key == nullptr || !world.current_is_live()) return nullptr;
  return world.previous_key->id == world.current_key->id ? nullptr : world.previous_key;
}

std::optional<std::string> reason_to_wait(const Case& world) {
  const auto holdouts = world.holdouts();
  if (!holdouts.empty())
    return fmt::format("these targets are not confirmed on the current key: {}",
                       join_names(names_of(holdouts)));
  if (!world.fleet_was_seen()) return "no target could be read that is confirmed on the current key";
  if (world.now <= world.grace_ends())
    return fmt::format("its grace ends at {}", format_iso8601(world.grace_ends()));
  if (const TargetState* target = world.running_older_backup())
    return fmt::format("a backup on {} that began before the key changed is still running", target->name);
  return std::nullopt;
}

// A target that was written off may be alive, and only out of keyturn's reach.
std::string who_may_use_it(const Case& world) {
  std::vector<TargetName> away;
  for (const TargetState& target : world.world.targets)
    if (world.written_off(target)) away.push_back(target.name);
  if (away.empty()) return "something else lives on it";
  return fmt::format("something else lives on it, or a target that was written off ({})", join_names(away));
}

bool used_by_others(const Case& world, const AccessKey& key) {
  return key.last_used && key.last_used->at > world.backups_ended();
}

}  // namespace

// Deleted rather than deactivated: whatever run comes next must not be able to bring it back (row 7).
std::optional<Choice> delete_compromised(const Case& world, Findings& /*findings*/) {
  const AccessKey* key = retiring(world);
  if (!world.memory.options.compromised || key == nullptr || world.pending != nullptr) return std::nullopt;
  if (!world.fleet_was_seen())
    return std::nullopt;  // the fault is ours: nobody holds the new key for certain
  std::vector<TargetName> stranded;
  for (const TargetState& target : world.world.targets)
    if (target.standing != Standing::skipped && !target.confirmed_on(world.current_key->id))
      stranded.push_back(target.name);
  std::string price = "backups that still run on it fail";
  if (!stranded.empty())
    price = fmt::format("backups of {} fail until keyturn can update them, and so do {}",
                        join_names(stranded), "backups that still run on it");
  return Choice{12, DeleteKey{key->id, {}},
                fmt::format("{} is in wrong hands and every target that can be updated holds {}, so it is "
                            "deleted at once: {}.",
                            key->id, world.current_key->id, price)};
}

std::optional<Choice> deactivate_previous(const Case& world, Findings& findings) {
  const AccessKey* key = retiring(world);
  if (key == nullptr || key->status != KeyStatus::active) return std::nullopt;
  // While a rotation is under way, targets are being confirmed on another key.
  if (world.pending != nullptr) return std::nullopt;
  if (const auto wait = reason_to_wait(world)) {
    findings.pending_work.push_back(fmt::format("{} (AWSPREVIOUS) stays Active: {}.", key->id, *wait));
    return std::nullopt;
  }
  for (const TargetState& target : world.world.targets) {
    if (!target.marked_with(key->id)) continue;
    findings.blockers.push_back(
        {11, key->id,
         fmt::format(
             "AWSPREVIOUS key {} is marked on {} for a credential that the configuration no longer names.",
             key->id, target.name),
         "Add that credential's name to bucket_urls or credential_patterns; or, if no backup uses it, drop "
         "it and its "
         "marker (sys.credentials lists both)."});
    return std::nullopt;
  }
  if (used_by_others(world, *key)) {
    findings.blockers.push_back(
        {11, key->id,
         fmt::format(
             "AWSPREVIOUS key {} ({}) was used after every target that could be read had the new one: {}.",
             key->id, describe(*key), who_may_use_it(world)),
         fmt::format("Find that user (CloudTrail: `aws cloudtrail lookup-events --lookup-attributes "
                     "AttributeKey=AccessKeyId,AttributeValue={0}`) and give it a key of its own. To end it "
                     "regardless: "
                     "`aws iam update-access-key --user-name {1} --access-key-id {0} --status Inactive`.",
                     key->id, world.world.user)});
    return std::nullopt;
  }
  return Choice{
      11, Deactivate{key->id},
      fmt::format(
          "Every known target is confirmed on {}, the grace of {} is over, and it was not used since.",
          world.current_key->id, key->id)};
}

std::optional<Choice> delete_previous(const Case& world, Findings& findings) {
  const AccessKey* key = retiring(world);
  if (key == nullptr || key->status != KeyStatus::inactive || world.pending != nullptr) return std::nullopt;
  if (world.any_marked_with(key->id)) {
    findings.pending_work.push_back(
        fmt::format("{} (AWSPREVIOUS) stays Inactive: a target is marked with it.", key->id));
    return std::nullopt;
  }
  if (world.now <= world.grace_ends() || used_by_others(world, *key) || !world.fleet_was_seen()) {
    findings.pending_work.push_back(fmt::format(
        "{} (AWSPREVIOUS) stays Inactive: it, or the fleet, was not seen quiet for long enough.", key->id));
    return std::nullopt;
  }
  // IAM keeps no date of a deactivation; grace + quarantine after the last change is never earlier than that.
  const TimePoint quarantine_ends = world.grace_ends() + world.policy.quarantine;
  const bool slot_needed = world.due().has_value() && world.world.keys.size() >= 2;
  if (world.now <= quarantine_ends && !slot_needed) {
    findings.pending_work.push_back(
        fmt::format("{} (AWSPREVIOUS, Inactive) is deleted after {}, or when its slot is needed.", key->id,
                    format_iso8601(quarantine_ends)));
    return std::nullopt;
  }
  return Choice{12, DeleteKey{key->id, {}},
                fmt::format("{} is Inactive and quiet, no target is marked with it, and {}.", key->id,
                            slot_needed ? "its slot is needed" : "its quarantine is over")};
}

}  // namespace keyturn::rotation
