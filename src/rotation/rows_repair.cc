// Rows 6 and 7: a target that should hold the current key gets it, or keeps the key it has alive.
#include <fmt/format.h>

#include "rotation/rows.h"

namespace keyturn::rotation {
namespace {

bool cannot_be_brought_up(const Case& world, const TargetState& target) {
  return target.standing == Standing::read_only || world.gave_up(target) || !world.current_is_live() ||
         world.memory.refused.contains(world.current_key->id);
}

Blocker refused_current(const Case& world, const std::string& reason) {
  return {6, world.current_key->id,
          fmt::format("AWSCURRENT holds {}, but AWS refuses it, so no target is given it: {}",
                      world.current_key->id, reason),
          fmt::format("Look at the policy of user {} and at the value of the secret {}; `keyturn rotate` "
                      "makes a new key.",
                      world.world.user, world.world.secret.name)};
}

}  // namespace

std::optional<Choice> repair_targets(const Case& world, Findings& findings) {
  // A target is given AWSCURRENT's key only while no version bears AWSPENDING.
  if (world.pending != nullptr || world.is_prepared || !world.current_is_live()) return std::nullopt;
  const KeyId& key = world.current_key->id;
  const auto open = world.to_write(key);
  if (open.empty()) return std::nullopt;
  const auto refused = world.memory.refused.find(key);
  if (refused != world.memory.refused.end()) {
    findings.blockers.push_back(refused_current(world, refused->second));
    return std::nullopt;
  }
  // A hand-edited secret can hold a live key id with a wrong secret: a target that works must not be given
  // that.
  if (!world.is_proven(*world.current_key))
    return Choice{6, Prove{world.current->id, key},
                  fmt::format("{} must be shown to work before it is put on any target.", key)};
  auto targets = world.wave(open);
  std::string reason = fmt::format(
      "{} of the fleet's targets are not confirmed on {}: new, restored, started, rolled "
      "back or altered by hand.",
      open.size(), key);
  return Choice{6, Repair{world.current->id, key, std::move(targets)}, std::move(reason)};
}

std::optional<Choice> reactivate_previous(const Case& world, Findings& /*findings*/) {
  const AccessKey* key = world.previous_key;
  if (key == nullptr || key->status != KeyStatus::inactive || world.memory.options.compromised)
    return std::nullopt;
  std::vector<TargetName> holders;
  for (const TargetState& target : world.world.targets)
    if (target.marked_with(key->id) && cannot_be_brought_up(world, target)) holders.push_back(target.name);
  if (holders.empty()) return std::nullopt;
  std::string reason = fmt::format("{} still hold {} and can't be updated; without it their backups fail.",
                                   join_names(holders), key->id);
  return Choice{7, Reactivate{key->id, std::move(holders)}, std::move(reason)};
}

}  // namespace keyturn::rotation
