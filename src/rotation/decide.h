// The decision table of docs/protocol.md: pure, total, no I/O, no clock.
#pragma once

#include <map>
#include <set>
#include <string>

#include "rotation/decision.h"
#include "rotation/observation.h"
#include "rotation/policy.h"

namespace keyturn::rotation {

enum class Command { reconcile, rotate, rollback };

// What this run has learnt or tried itself. It is never stored: a new run starts with an empty one.
struct RunMemory {
  Command command = Command::reconcile;
  bool rotated = false;                     // a rotation was begun, continued or finished by this run
  std::set<KeyId> proven;
  std::map<KeyId, std::string> refused;     // proof refused for good, and why: to be abandoned
  std::map<TargetName, std::string> failed; // writes that failed in this run, and why
  std::optional<std::string> create_failed; // this run must not try to create again, and why
};

// `now` is observation.began_at.
Decision decide(const Policy& policy, const Observation& observation, const RunMemory& memory);

}  // namespace keyturn::rotation
