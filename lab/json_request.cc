#include "lab/json_request.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace keyturn::lab {

using nlohmann::json;

std::string unknown_member(const json& object, const std::set<std::string>& allowed,
                           const std::string& what) {
  for (const auto& [name, value] : object.items())
    if (!allowed.contains(name)) return what + " has no member \"" + name + "\".";
  return {};
}

Result<Duration> read_seconds(const json& object, const char* name, const std::string& whose) {
  const json seconds = object.value(name, json(0));
  if (!seconds.is_number() || seconds.get<double>() < 0 || seconds.get<double>() > 86'400)
    return fail(ErrorKind::usage, whose + " \"" + name + "\" must be a number of seconds from 0 to 86400.");
  return Duration(std::llround(seconds.get<double>() * 1000));
}

}  // namespace keyturn::lab
