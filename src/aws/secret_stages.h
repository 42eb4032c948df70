// The version stages of a secret as keyturn names them, and what a lost compare-and-swap means. Shared by the
// stores over Secrets Manager.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "aws/secrets_manager.h"
#include "rotation/observation.h"

namespace keyturn::aws {

inline constexpr const char* kCurrent = "AWSCURRENT";
inline constexpr const char* kPending = "AWSPENDING";
inline constexpr const char* kPrevious = "AWSPREVIOUS";
const char* label_of(rotation::Stage stage);

// Labels as a description has them, without tags; every version as young as the secret's last change.
rotation::SecretState labelled_state(const SecretDescription& description);
// Adds creation dates, and versions without a label. Which labels there are, the description says.
void add_listed(rotation::SecretState& state, const std::vector<SecretVersionEntry>& listed);

// `code` is what Secrets Manager says when another run was faster.
Result<void> conflict_on(const char* code, Result<void> done);

}  // namespace keyturn::aws
