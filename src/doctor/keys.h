// The backup user in IAM, its access keys, and what holds its two slots.
#pragma once

#include "doctor/finding.h"
#include "doctor/scene.h"

namespace keyturn::doctor {

// iam.user, iam.current_key, iam.key_slots. Learns `current`.
Findings examine_keys(const Scene& scene, Knowledge& known);

// `keys` are all of the user's; `state` knows their versions.
Findings judge_keys(const std::string& user, const std::vector<rotation::AccessKey>& keys,
                    const rotation::SecretState& state);

}  // namespace keyturn::doctor
