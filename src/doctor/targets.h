// What each SQL Server answered, one finding for each thing that is wrong with it.
#pragma once

#include <string_view>

#include "doctor/finding.h"
#include "doctor/scene.h"
#include "setup/wiring.h"

namespace keyturn::doctor {

// targets, target, target.connection, target.encryption, target.login, target.rights, target.version,
// target.edition, target.service, target.shadowing, target.marker
Findings examine_targets(const Scene& scene, const Knowledge& known, setup::Wiring& wiring);

Findings judge_target(const rotation::TargetState& target, const Knowledge& known);

// "target.login", "target.encryption" or "target.connection": what stands in the way by the sentence that
// sqlserver/errors.h made of it. Hosts report sentences alone.
const char* obstacle_in(std::string_view sentence);

}  // namespace keyturn::doctor
