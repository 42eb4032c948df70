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

// A run tries a target's write that often.
inline constexpr int kWriteAttempts = 2;

struct WriteFailure {
  int attempts = 0;
  std::string reason;  // of the last one
};

// What this run has learnt or tried itself. It is never stored: a new run starts with an empty one.
struct RunMemory {
  Command command = Command::reconcile;
  bool rotated = false;  // this run finished a rotation: what was asked for is done
  std::set<KeyId> proven;
  std::map<KeyId, std::string> refused;       // proof refused for good, and why
  std::map<TargetName, WriteFailure> failed;  // writes that failed in this run
  struct CreateFailure {
    Outcome outcome = Outcome::failed;
    std::string reason;
  };
  std::optional<CreateFailure> create_failed;  // this run must not create a key again
};

// `now` is observation.began_at.
Decision decide(const Policy& policy, const Observation& observation, const RunMemory& memory);

}  // namespace keyturn::rotation
