// Row 13's action: intent, create, store, close. Internal to rotation/.
#pragma once

#include "rotation/engine.h"

namespace keyturn::rotation {

// What came of it. `key`: the stored key, or empty.
struct Creation {
  KeyId key;
  std::optional<Error> error;
  // Set where this run must not try again, with the outcome that it ends in.
  std::optional<RunMemory::CreateFailure> give_up;
};

// `run_id` names the intent, so that closing it never erases another run's. `token`: of the version to
// store; nothing: pending_token(). No effect lands after `not_after`.
Creation create_and_store(const Policy& policy, const Ports& ports, const Clock& clock,
                          const Observation& world, const std::string& run_id,
                          const std::optional<VersionId>& token, TimePoint not_after);

// The ClientRequestToken of the next pending version: runs that saw the same world derive the same token, so
// that only one of them can store its key (there is no lock service).
VersionId pending_token(const SecretState& secret);

}  // namespace keyturn::rotation
