// The whole truth about a lab, as GET /_lab/state tells it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lab/rack.h"

namespace keyturn::lab {

// `max_calls`: the newest so many of the recorded calls.
nlohmann::json lab_state(sim::World& world, const Rack& rack, std::size_t max_calls);

}  // namespace keyturn::lab
