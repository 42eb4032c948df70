// Our XML against pugixml, a parser that many use.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <pugixml.hpp>

#include "aws/xml.h"

namespace keyturn::aws {
namespace {

std::string described(const XmlNode& node) {
  std::string text = node.name + "(" + std::string(node.text.reveal());
  for (const XmlNode& child : node.children) text += described(child);
  return text + ")";
}

std::string described(const pugi::xml_node& node) {
  std::string text = std::string(node.name()) + "(";
  for (const pugi::xml_node& child : node)
    if (child.type() != pugi::node_element) text += child.value();
  for (const pugi::xml_node& child : node)
    if (child.type() == pugi::node_element) text += described(child);
  return text + ")";
}

const std::vector<std::string> kPieces{"<a>",     "</a>", "<b x='1'>", "</b>",  "<c/>",          "text",
                                       " ",       "\r\n", "&amp;",     "&#65;", "<![CDATA[&]]>", "<!-- - -->",
                                       "<?p i?>", "<",    "\xc3\xbc",  "&"};

// What the one takes, the other understands alike. (pugixml takes more: it is lenient.)
RC_GTEST_PROP(Xml, ReadsWhatPugixmlReads, (const std::vector<std::size_t>& picks)) {
  std::string text = "<r>";
  for (const std::size_t pick : picks) text += kPieces[pick % kPieces.size()];
  text += "</r>";
  const XmlNode root = parse_xml(text);
  pugi::xml_document document;
  const bool taken = document.load_buffer(text.data(), text.size());
  RC_CLASSIFY(bool(root));
  if (root) {
    RC_ASSERT(taken);
    RC_ASSERT(described(root) == described(document.document_element()));
  }
}

RC_GTEST_PROP(Xml, AnyBytesAreReadOrRefused, (const std::string& text)) {
  (void)parse_xml(text);
  (void)parse_xml("<a>" + text + "</a>");
}

// Cut anywhere, a document is not taken for a whole one.
RC_GTEST_PROP(Xml, ACutDocumentIsRefused, ()) {
  const std::string whole =
      "<?xml version=\"1.0\"?><R a='b'><K>a&amp;b</K><!-- x --><E/><T><![CDATA[x]]></T> </R >";
  const auto size = *rc::gen::inRange<std::size_t>(0, whole.size());
  RC_ASSERT(!parse_xml(whole.substr(0, size)));
  RC_ASSERT(bool(parse_xml(whole)));
}

}  // namespace
}  // namespace keyturn::aws
