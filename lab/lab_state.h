// The whole truth about a lab, as GET /_lab/state tells it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lab/hosts.h"
#include "lab/rack.h"

namespace keyturn::lab {

// `max_calls`: the newest so many of the recorded calls.
nlohmann::json lab_state(sim::World& world, const Rack& rack, const Hosts& hosts, std::size_t max_calls);

nlohmann::json host_json(const Host& host);

}  // namespace keyturn::lab
