// Rows 0 to 5: what becomes of AWSPENDING.
#include <fmt/format.h>

#include <algorithm>

#include "rotation/rows.h"

namespace keyturn::rotation {
namespace {

// More failed writes than this halt a roll-out.
std::size_t allowed_failures(const Case& world) {
  return (world.updatable().size() * std::size_t(world.policy.max_errors_percent) + 99) / 100;
}

// Targets whose write or proof failed and that are not done after all, as a later look shows.
std::size_t failures(const Case& world, const KeyId& key) {
  return std::size_t(
      std::count_if(world.world.targets.begin(), world.world.targets.end(), [&](const TargetState& target) {
        return world.failure(target) != nullptr && !world.is_done(target, key);
      }));
}

std::size_t done(const Case& world, const KeyId& key) {
  return std::size_t(std::count_if(world.world.targets.begin(), world.world.targets.end(),
                                   [&](const TargetState& target) { return world.is_done(target, key); }));
}

std::vector<TargetName> pick_canary(const Case& world, const std::vector<const TargetState*>& open) {
  for (const TargetName& wanted : world.policy.canaries)
    for (const TargetState* target : open)
      if (target->name == wanted && world.failure(*target) == nullptr) return {wanted};
  return {open.front()->name};
}

// To the targets that get the key or prove it next. Until one is done there is a canary alone: where proof
// backups are wanted a target that holds the key already, since whether it proved it is not known.
std::optional<Choice> hand_out(const Case& world, const KeyId& key) {
  auto open = world.to_write(key);
  auto unproven = world.to_prove(key);
  const ProofBackup proof = world.policy.proof_backup;
  if (done(world, key) == 0) {
    if (!unproven.empty()) open = std::move(unproven);
    if (open.empty()) return std::nullopt;
    auto canary = pick_canary(world, open);
    std::string reason = fmt::format("{} goes to {} first, as the canary{}.", key, canary.front(),
                                     proof == ProofBackup::off ? "" : ", which makes a backup with it");
    return Choice{4, Distribute{world.pending->id, key, std::move(canary), true, proof != ProofBackup::off},
                  std::move(reason)};
  }
  if (proof == ProofBackup::all) open.insert(open.end(), unproven.begin(), unproven.end());
  if (open.empty()) return std::nullopt;
  auto targets = world.wave(open);
  std::string reason =
      fmt::format("{} goes to the next {} of {} targets that lack it{}.", key, targets.size(), open.size(),
                  proof == ProofBackup::all ? " or have not made a backup with it" : "");
  return Choice{4, Distribute{world.pending->id, key, std::move(targets), false, proof == ProofBackup::all},
                std::move(reason)};
}

// Only the label goes, as in row 3. Without a live key to go back to it stays: the key works at S3, targets
// may hold no other, and once the cause is mended the next run goes on with it.
Choice after_refused_backup(const Case& world, const KeyId& key, const std::string& why) {
  if (world.current_is_live())
    return {4, DropPending{world.pending->id},
            fmt::format("{} is abandoned, since a proof backup failed: {}", key, why)};
  return {4, Stop{Outcome::failed},
          fmt::format("A proof backup failed, and AWSCURRENT names no live key to go back to, so {} stays "
                      "pending, no further target gets it, and the next run tries again: {}",
                      key, why)};
}

// Why no target is done: the proof that was cut short, where one was.
std::string why_none_is_done(const Case& world, const KeyId& key) {
  for (const TargetState& target : world.world.targets)
    if (const WriteFailure* failed = world.failure(target); failed != nullptr && target.confirmed_on(key))
      return fmt::format("No target could show that it backs up with {}; it stays pending: {}", key,
                         failed->reason);
  return fmt::format("No target could be given {}; it stays pending, and every target keeps the key it has.",
                     key);
}

bool ready_to_distribute(const Case& world) {
  return world.memory.command != Command::rollback && world.pending_key != nullptr &&
         world.is_proven(*world.pending_key);
}

}  // namespace

std::optional<Choice> drop_promoted_label(const Case& world, Findings& /*findings*/) {
  if (world.pending == nullptr || world.pending != world.current) return std::nullopt;
  return Choice{
      1, DropPending{world.pending->id},
      "AWSCURRENT and AWSPENDING are on the same version: the promotion is done, the label is left over."};
}

std::optional<Choice> roll_back(const Case& world, Findings& findings) {
  if (world.memory.command != Command::rollback || world.pending == nullptr) return std::nullopt;
  if (!world.current_is_live()) {
    // Targets may hold the pending key already, and there is none to put back in its place.
    findings.blockers.push_back(
        {0, world.pending->key_id.value_or(""),
         fmt::format("AWSCURRENT of {} names no live key, so there is nothing to go back to.",
                     world.world.secret.name),
         "Run `keyturn rotate`: it goes on with the rotation under way."});
    return Choice{0, Stop{Outcome::blocked},
                  "The rotation under way can't be rolled back; nothing was changed."};
  }
  return Choice{0, DropPending{world.pending->id},
                "A rollback was asked for. Dropping AWSPENDING is all it takes: targets are then put back on "
                "AWSCURRENT, "
                "and the abandoned key is deleted once that is safe."};
}

std::optional<Choice> drop_dead_pending(const Case& world, Findings& /*findings*/) {
  if (world.pending_key != nullptr && world.pending_key->status != KeyStatus::active)
    return Choice{2, DropPending{world.pending->id},
                  fmt::format("AWSPENDING names {}, which somebody made Inactive.", world.pending_key->id)};
  if (world.pending == nullptr || world.pending_key != nullptr) return std::nullopt;
  if (world.pending->key_id)
    return Choice{2, DropPending{world.pending->id}, "AWSPENDING names no key that IAM has."};
  // Secrets Manager's own rotation labels a version before there is a value, and may take a while to fill it.
  if (world.now - world.pending->created_at > world.policy.orphan_min_age)
    return Choice{2, DropPending{world.pending->id},
                  "AWSPENDING holds no access key, and nobody has filled it for long enough."};
  return Choice{2, Stop{Outcome::another_run},
                "AWSPENDING holds no access key yet: another rotation is filling it just now."};
}

std::optional<Choice> prove_pending(const Case& world, Findings& /*findings*/) {
  if (world.pending_key == nullptr || world.is_proven(*world.pending_key)) return std::nullopt;
  const KeyId& key = world.pending_key->id;
  const auto refused = world.memory.refused.find(key);
  if (refused != world.memory.refused.end())
    // Only the label goes. The key may be on targets already, put there by a run that had proven it, so it
    // stays alive until row 10 finds it unused (C5).
    return Choice{3, DropPending{world.pending->id},
                  fmt::format("{} is abandoned, since its proof was refused: {}", key, refused->second)};
  return Choice{3, Prove{world.pending->id, key},
                fmt::format("{} must be shown to work before any target gets it.", key)};
}

std::optional<Choice> distribute_pending(const Case& world, Findings& /*findings*/) {
  if (!ready_to_distribute(world)) return std::nullopt;
  const KeyId& key = world.pending_key->id;
  const auto refused = world.memory.backup_refused.find(key);
  if (refused != world.memory.backup_refused.end()) return after_refused_backup(world, key, refused->second);
  const std::size_t failed = failures(world, key);
  if (failed > allowed_failures(world))
    return Choice{
        4, Stop{Outcome::incomplete},
        fmt::format("The roll-out of {} halts: {} of {} targets failed, more than max_errors_percent {} "
                    "allows. Every target still has a working key.",
                    key, failed, world.updatable().size(), world.policy.max_errors_percent)};
  return hand_out(world, key);
}

std::optional<Choice> promote_pending(const Case& world, Findings& /*findings*/) {
  if (!ready_to_distribute(world)) return std::nullopt;
  const KeyId& key = world.pending_key->id;
  const std::size_t holding = done(world, key);
  if (holding == 0) return Choice{5, Stop{Outcome::incomplete}, why_none_is_done(world, key)};
  std::optional<VersionId> from;
  if (world.current != nullptr) from = world.current->id;
  return Choice{5, Promote{from, world.pending->id, key},
                fmt::format("{} targets are confirmed on {}: it becomes AWSCURRENT.", holding, key)};
}

}  // namespace keyturn::rotation
