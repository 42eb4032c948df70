// The decision table of docs/protocol.md: pure, total, no I/O, no clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "rotation/decision.h"
#include "rotation/observation.h"
#include "rotation/policy.h"

namespace keyturn::rotation {

enum class Command { reconcile, rotate, rollback };
const char* to_string(Command command);

// How far a run goes. What lies beyond is left to a later run; the world is in a safe state wherever it ends.
enum class Reach {
  create,      // a new key is made and stored as AWSPENDING
  distribute,  // a key under way is proven and put on the targets; none is made
  everything,
};

struct RunOptions {
  Reach reach = Reach::everything;
  // The version that a new key is stored as, where the caller owns it (Secrets Manager's native rotation: its
  // ClientRequestToken, which may bear AWSPENDING already without a value). Nothing: derived from what was
  // seen.
  std::optional<VersionId> token;
  // With `rotate`: the old key is in wrong hands. It is deleted as soon as every target that can be updated
  // holds the new one; grace, quarantine, running backups and targets that are away don't hold it up.
  bool compromised = false;
};

// A run tries a target's write that often.
inline constexpr int kWriteAttempts = 2;

struct WriteFailure {
  int attempts = 0;
  std::string reason;  // of the last one
};

// What this run has learnt or tried itself. It is never stored: a new run starts with an empty one.
struct RunMemory {
  Command command = Command::reconcile;
  RunOptions options;
  bool rotated = false;  // this run finished a rotation: what was asked for is done
  std::set<KeyId> proven;
  std::map<KeyId, std::string> refused;       // proof refused for good, and why
  std::map<TargetName, WriteFailure> failed;  // writes that failed in this run
  // Which targets made a proof backup with the key. What an earlier run saw is not known, so it is made
  // again.
  std::map<KeyId, std::set<TargetName>> backed_up;
  std::map<KeyId, std::string> backup_refused;  // a target could not back up with the key, and why
  struct CreateFailure {
    Outcome outcome = Outcome::failed;
    std::string reason;
  };
  std::optional<CreateFailure> create_failed;  // this run must not create a key again
};

// `now` is observation.began_at.
Decision decide(const Policy& policy, const Observation& observation, const RunMemory& memory);

}  // namespace keyturn::rotation
