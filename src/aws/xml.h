// Reading the XML that the query, ec2 and rest-xml protocols answer with. For .cc files only.
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>

#include "base/time.h"

namespace keyturn::aws {

inline std::string text_at(const pugi::xml_node& node, const char* name) {
  return node.child(name).text().as_string();
}

inline std::optional<TimePoint> time_at(const pugi::xml_node& node, const char* name) {
  const auto parsed = parse_iso8601(text_at(node, name));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace keyturn::aws
