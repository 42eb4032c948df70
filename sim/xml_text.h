// Writing the XML of AWS's replies.
#pragma once

#include <string>
#include <string_view>

namespace keyturn::sim {

std::string xml_escape(std::string_view text);

// <name>inner</name>, where `inner` is XML already.
inline std::string xml_nest(std::string_view name, std::string_view inner) {
  return std::string("<").append(name).append(">").append(inner).append("</").append(name).append(">");
}
// <name>text</name>
inline std::string xml_text(std::string_view name, std::string_view text) {
  return xml_nest(name, xml_escape(text));
}

}  // namespace keyturn::sim
