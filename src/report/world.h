// What text and JSON both read off an observation.
#pragma once

#include <optional>
#include <string>

#include "rotation/observation.h"

namespace keyturn::report {

// The key on which every credential of the target is confirmed, if there is one.
std::optional<rotation::KeyId> confirmed_key(const rotation::TargetState& target);

// The stages of the versions that name the key, as "AWSCURRENT" or "AWSCURRENT, AWSPENDING"; empty: none
// names it.
std::string stages_of(const rotation::KeyId& key, const rotation::SecretState& secret);

}  // namespace keyturn::report
