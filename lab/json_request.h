// What the parts of the control interface share in reading JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::lab {

// What has members that are not in `allowed`, as a sentence; empty: all is well.
std::string unknown_member(const nlohmann::json& object, const std::set<std::string>& allowed,
                           const std::string& what);

// 0 to 86400 seconds, with fractions; 0 where there is no such member. `whose`: "A fault's".
Result<Duration> read_seconds(const nlohmann::json& object, const char* name, const std::string& whose);

}  // namespace keyturn::lab
