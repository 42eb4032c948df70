// The settings that `decide` obeys. Defaults are explained in docs/operations.md.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "rotation/observation.h"

namespace keyturn::rotation {

// Whether a target that was given a new key makes a small backup with it at once.
enum class ProofBackup {
  off,
  canary,  // the first target alone, before any other gets the key
  all,     // every target
};
const char* to_string(ProofBackup proof);

struct Policy {
  Duration max_age = std::chrono::days{7};  // of the current key; older: rotation is due
  Duration grace = std::chrono::hours{48};  // AWSPREVIOUS stays Active that long after the last change
  Duration longest_backup =
      std::chrono::hours{24};                  // a use of the old key later than that is somebody else's
  Duration quarantine = std::chrono::days{5};  // and Inactive that much longer, before it is deleted
  Duration orphan_min_age = std::chrono::minutes{30};  // younger: another run may be at work on it
  Duration intent_window =
      std::chrono::minutes{1};  // a key created further from the intent is not explained by it
  Duration propagation = std::chrono::minutes{2};  // after which a new key works at IAM, STS and S3
  Duration deadline =
      std::chrono::minutes{15};               // no effect lands later than this after its observation began
  Duration patience = std::chrono::days{14};  // after which an unreachable target is written off

  std::vector<TargetName> canaries;  // tried first; empty: the first updatable target by name
  int wave_percent = 25;             // of the updatable targets, in one wave; 1..100, at least one target
  int max_errors_percent =
      10;  // of the updatable targets, rounded up; more failures halt the roll-out; 0..100

  ProofBackup proof_backup = ProofBackup::off;

  // Refuses what would let an effect land late: grace, quarantine, orphan_min_age and longest_backup against
  // deadline.
  [[nodiscard]] Result<void> validate() const;
};

}  // namespace keyturn::rotation
