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

// Targets whose write failed and that a later look did not find confirmed after all.
std::size_t failures(const Case& world, const KeyId& key) {
  return std::size_t(
      std::count_if(world.world.targets.begin(), world.world.targets.end(), [&](const TargetState& target) {
        return world.failure(target) != nullptr && !target.confirmed_on(key);
      }));
}

std::size_t confirmed(const Case& world, const KeyId& key) {
  return std::size_t(std::count_if(world.world.targets.begin(), world.world.targets.end(),
                                   [&](const TargetState& target) { return target.confirmed_on(key); }));
}

std::vector<TargetName> pick_canary(const Case& world, const std::vector<const TargetState*>& open) {
  for (const TargetName& wanted : world.policy.canaries)
    for (const TargetState* target : open)
      if (target->name == wanted && world.failure(*target) == nullptr) return {wanted};
  return {open.front()->name};
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
  const std::size_t failed = failures(world, key);
  if (failed > allowed_failures(world))
    return Choice{
        4, Stop{Outcome::incomplete},
        fmt::format("The roll-out of {} halts: {} of {} targets failed, more than max_errors_percent {} "
                    "allows. Every target still has a working key.",
                    key, failed, world.updatable().size(), world.policy.max_errors_percent)};
  const auto open = world.to_write(key);
  if (open.empty()) return std::nullopt;
  if (confirmed(world, key) == 0) {
    auto canary = pick_canary(world, open);
    std::string reason = fmt::format("{} goes to {} first, as the canary.", key, canary.front());
    return Choice{4, Distribute{world.pending->id, key, std::move(canary), true}, std::move(reason)};
  }
  auto targets = world.wave(open);
  std::string reason =
      fmt::format("{} goes to the next {} of {} targets that lack it.", key, targets.size(), open.size());
  return Choice{4, Distribute{world.pending->id, key, std::move(targets), false}, std::move(reason)};
}

std::optional<Choice> promote_pending(const Case& world, Findings& /*findings*/) {
  if (!ready_to_distribute(world)) return std::nullopt;
  const KeyId& key = world.pending_key->id;
  const std::size_t holding = confirmed(world, key);
  if (holding == 0)
    return Choice{
        5, Stop{Outcome::incomplete},
        fmt::format("No target could be given {}; it stays pending, and every target keeps the key it has.",
                    key)};
  std::optional<VersionId> from;
  if (world.current != nullptr) from = world.current->id;
  return Choice{5, Promote{from, world.pending->id, key},
                fmt::format("{} targets are confirmed on {}: it becomes AWSCURRENT.", holding, key)};
}

}  // namespace keyturn::rotation
