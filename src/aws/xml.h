// Reading the XML that the query, ec2 and rest-xml protocols answer with. A small parser of our own: Linux's
// libraries are not there on Windows, and Windows's XmlLite never returns under Wine where a reply is cut
// off. For .cc files only.
#pragma once

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_string.h"
#include "base/time.h"

namespace keyturn::aws {

// An element and what stands below it, without attributes. The name is as written, a prefix included. A
// missing element is one without a name, so that paths need no checks on the way. Text is wiped with the
// tree, since some replies hold secrets.
struct XmlNode {
  std::string name;
  SecretString text;  // directly within the element; blanks alone count as none
  std::vector<XmlNode> children;

  explicit operator bool() const { return !name.empty(); }

  // The first one of that name, or a missing one.
  [[nodiscard]] const XmlNode& child(std::string_view wanted) const {
    static const XmlNode kMissing;
    const auto found = std::ranges::find(children, wanted, &XmlNode::name);
    return found == children.end() ? kMissing : *found;
  }
  [[nodiscard]] auto children_named(std::string_view wanted) const {
    return children | std::views::filter([wanted](const XmlNode& node) { return node.name == wanted; });
  }
};

inline constexpr std::size_t kMaxXmlDepth = 64;

// The root of a document in UTF-8; a missing one where the text is not well-formed, has a document type or is
// nested deeper than kMaxXmlDepth. Time grows with the text's size and no faster.
XmlNode parse_xml(std::string_view text);

inline std::string text_at(const XmlNode& node, std::string_view name) {
  return std::string(node.child(name).text.reveal());
}

inline std::optional<TimePoint> time_at(const XmlNode& node, std::string_view name) {
  const auto parsed = parse_iso8601(text_at(node, name));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace keyturn::aws
