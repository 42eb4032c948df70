// The part of the Secrets Manager front that has to do with rotation.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/world.h"

namespace keyturn::sim {

// `body`: of the request; members of the wrong type throw nlohmann's exceptions.
Reply<nlohmann::json> rotate_secret(World& world, const nlohmann::json& body);
Reply<nlohmann::json> cancel_rotate_secret(World& world, const nlohmann::json& body);
// Adds the members of DescribeSecret's answer.
void add_rotation(World& world, nlohmann::json& described);

}  // namespace keyturn::sim
