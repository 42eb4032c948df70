// Rows 13 and 14: a new rotation, or what keeps it from starting.
#include <fmt/format.h>

#include "rotation/rows.h"

namespace keyturn::rotation {
namespace {

constexpr std::size_t kKeySlots = 2;  // IAM: AccessKeysPerUser, not adjustable

std::string holder(const Case& world, const AccessKey& key) {
  const SecretVersion* version = world.world.secret.naming(key.id);
  if (version == nullptr) return "in no version of the secret";
  if (version->stages.empty()) return "abandoned, not yet safe to delete";
  return to_string(*version->stages.begin());
}

}  // namespace

std::optional<Choice> create_key(const Case& world, Findings& /*findings*/) {
  const auto due = world.due();
  if (!due) return std::nullopt;
  // With nowhere to put it, a new key would only fill a slot.
  if (world.updatable().empty())
    return Choice{
        13, Stop{Outcome::incomplete},
        fmt::format("A rotation is due, since {}, but no target can be updated; nothing was changed.", *due)};
  if (world.world.keys.size() >= kKeySlots) return std::nullopt;
  return Choice{13, Create{}, fmt::format("A new key is made, since {}.", *due)};
}

std::optional<Choice> report_full_slots(const Case& world, Findings& findings) {
  const auto due = world.due();
  if (!due) return std::nullopt;
  std::string slots;
  KeyId held;
  for (const AccessKey& key : world.world.keys) {
    slots +=
        fmt::format("{}{} ({}; {})", slots.empty() ? "" : ", ", key.id, holder(world, key), describe(key));
    if (&key != world.current_key) held = key.id;
  }
  std::string hint = "Run `keyturn reconcile` again then.";
  for (const std::string& work : findings.pending_work) hint = work + " " + hint;
  if (findings.pending_work.empty())
    hint = "Settle what holds the second slot, then run `keyturn rotate` again.";
  findings.blockers.push_back(
      {14, held,
       fmt::format(
           "A rotation is due, since {}, but both of IAM's key slots hold keys that must not be touched: {}.",
           *due, slots),
       std::move(hint)});
  return std::nullopt;
}

}  // namespace keyturn::rotation
