// Reading replies of the json protocol: unknown members are ignored, null counts as absent, and a member of
// another type as well. For .cc files alone.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/time.h"

namespace keyturn::aws {

inline nlohmann::json parse_json(const std::string& body) {
  return nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
}

// Bytes that are not UTF-8 are replaced rather than thrown about.
inline std::string dump_json(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

inline std::string text_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

inline std::optional<TimePoint> time_of(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return from_epoch_s(found->get<double>());
}

inline int number_of(const nlohmann::json& object, const char* name, int otherwise) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : otherwise;
}

}  // namespace keyturn::aws
