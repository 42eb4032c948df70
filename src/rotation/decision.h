// What `decide` answers: the next action, why, and what stands in the way of others.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rotation/observation.h"

namespace keyturn::rotation {

// The exit statuses of the program, by name.
enum class Outcome { done = 0, failed = 1, bad_usage = 2, incomplete = 3, blocked = 4, another_run = 5 };
const char* to_string(Outcome outcome);

struct DropPending {
  VersionId version;
};
struct Prove {
  VersionId version;
  KeyId key;
};
struct Distribute {
  VersionId version;
  KeyId key;
  std::vector<TargetName> targets;
  bool canary = false;
  bool prove_backup = false;
};
struct Promote {
  std::optional<VersionId> from;
  VersionId to;
  KeyId key;
};
struct Repair {
  VersionId version;
  KeyId key;
  std::vector<TargetName> targets;
};
struct Reactivate {
  KeyId key;
  std::vector<TargetName> for_targets;
};
struct DeleteKey {
  KeyId key;
  std::string close_intent;
};  // close_intent: run id of the intent that explained it, or ""
struct CloseIntent {
  std::string run_id;
};
struct Deactivate {
  KeyId key;
};
struct Create {};  // intent, create, store, close
struct Stop {
  Outcome outcome = Outcome::done;
};

using Action = std::variant<DropPending, Prove, Distribute, Promote, Repair, Reactivate, DeleteKey,
                            CloseIntent, Deactivate, Create, Stop>;
std::string name_of(const Action& action);  // "drop_pending", "prove" …: stable, used in JSON

// Something that only a person can settle. It never stops rows that help.
struct Blocker {
  int row = 0;
  KeyId key;
  std::string message;  // which key, when and where it was last used
  std::string hint;     // what to type
};

// A known target that is not confirmed on the key that it should hold.
struct Laggard {
  TargetName target;
  std::string reason;
  std::optional<TimePoint> since;
  bool written_off = false;
};

struct Decision {
  int row = 15;  // of the table in docs/protocol.md
  Action action;
  std::string reason;  // a sentence
  std::vector<Blocker> blockers;
  std::vector<Laggard> laggards;
  std::vector<std::string> pending_work;  // what will be done later and when: "AKIA… is deactivated after …"
};

}  // namespace keyturn::rotation
