#include "rotation/decide.h"

#include <array>

#include "rotation/rows.h"

namespace keyturn::rotation {
namespace {

using Row = std::optional<Choice> (*)(const Case&, Findings&);

// The order is the point: repair before retirement, and nothing new before what is under way has ended.
constexpr std::array<Row, 16> kRows{
    drop_promoted_label, roll_back,           drop_dead_pending, prove_pending,
    distribute_pending,  promote_pending,     repair_targets,    reactivate_previous,
    clean_up_orphan,     report_foreign_keys, delete_unlabelled, delete_compromised,
    deactivate_previous, delete_previous,     create_key,        report_full_slots};

// A target that is known to be away for longer than patience is no news; any other laggard is.
bool is_news(const std::vector<Laggard>& laggards) {
  for (const Laggard& laggard : laggards)
    if (!laggard.written_off || !laggard.since) return true;
  return false;
}

// Row 15: nothing is left to do. How did it end?
Choice finish(const Case& world, const Findings& findings, const std::vector<Laggard>& laggards) {
  if (world.memory.create_failed)
    return {15, Stop{world.memory.create_failed->outcome}, world.memory.create_failed->reason};
  if (world.memory.command == Command::rollback && !world.current_is_live())
    return {15, Stop{Outcome::blocked},
            "AWSCURRENT names no live key, so there is nothing to put the targets back on; `keyturn rotate` "
            "makes one."};
  if (!findings.blockers.empty())
    return {15, Stop{Outcome::blocked}, "All that helps is done; what is left, a person must decide."};
  if (is_news(laggards))
    return {15, Stop{Outcome::incomplete},
            "Targets are left that are not confirmed on the current key; the key they hold is kept alive."};
  return {15, Stop{Outcome::done}, "Every target is confirmed on the current key, and nothing is due."};
}

// The key that every target should hold: the one being rolled out, else the current one.
std::optional<KeyId> wanted_key(const Case& world) {
  if (world.memory.command != Command::rollback && world.pending_key != nullptr) return world.pending_key->id;
  if (world.current_key != nullptr) return world.current_key->id;
  return std::nullopt;
}

}  // namespace

const char* to_string(Command command) {
  switch (command) {
    case Command::reconcile:
      return "reconcile";
    case Command::rotate:
      return "rotate";
    case Command::rollback:
      return "rollback";
  }
  return "unknown";
}

Decision decide(const Policy& policy, const Observation& observation, const RunMemory& memory) {
  const Case world(policy, observation, memory);
  Findings findings;
  std::vector<Laggard> laggards;
  if (const auto key = wanted_key(world)) laggards = world.laggards(*key);
  std::optional<Choice> choice;
  for (const Row row : kRows) {
    choice = row(world, findings);
    if (choice) break;
  }
  if (!choice) choice = finish(world, findings, laggards);
  // A row that stops early must not hide that a person is needed.
  if (auto* stop = std::get_if<Stop>(&choice->action))
    if (stop->outcome == Outcome::incomplete && !findings.blockers.empty()) stop->outcome = Outcome::blocked;
  return {choice->row,
          std::move(choice->action),
          std::move(choice->reason),
          std::move(findings.blockers),
          std::move(laggards),
          std::move(findings.pending_work)};
}

}  // namespace keyturn::rotation
