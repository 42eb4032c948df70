// What GET /_lab/state tells of functions, automations, schedules, rules and topics, and the part of the
// control interface that fires schedules (docs/lab.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sim/world.h"

namespace keyturn::lab {

// An object; its members go beside those of the fleet.
nlohmann::json account_state(sim::World& world);

// `name`: of a schedule, or of a rule that has one. `object`: {"action": "fire"}, or "enable" or "disable".
// ErrorKind::not_found, ErrorKind::usage.
Result<void> schedule_action(sim::World& world, const std::string& name, const nlohmann::json& object);

}  // namespace keyturn::lab
