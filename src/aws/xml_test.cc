#include "aws/xml.h"

#include <gtest/gtest.h>

namespace keyturn::aws {
namespace {

TEST(Xml, ReadsTextElementsAndEntities) {
  const XmlNode root = parse_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><R xmlns=\"https://iam.amazonaws.com/\">\n"
      "  <Key a=\"1\">a/b+c&amp;d&#x41;</Key><Empty/><Blank>  </Blank>\n  <Name>Zürich "
      "<![CDATA[<&>]]></Name>\n"
      "  <L><i>1</i><x>-</x><i>2</i></L>\n</R>\n");
  EXPECT_EQ(root.name, "R");
  EXPECT_EQ(text_at(root, "Key"), "a/b+c&dA");
  EXPECT_EQ(text_at(root, "Name"), "Zürich <&>");
  EXPECT_TRUE(root.child("Empty"));
  EXPECT_EQ(text_at(root, "Empty"), "");
  EXPECT_EQ(text_at(root, "Blank"), "");
  EXPECT_FALSE(root.child("Missing").child("Deeper"));
  std::string items;
  for (const XmlNode& item : root.child("L").children_named("i")) items += item.text.reveal();
  EXPECT_EQ(items, "12");
}

TEST(Xml, WhatIsNotWellFormedIsMissing) {
  for (const char* text :
       {"",           " ",       "text",     "<a>",   "<a><b></a></b>", "<a>x</a",  "<a>1</a><",
        "{\"a\": 1}", "<a><b/>", "<a>t",     "<a x=", "<a x=\"1></a>",  "<a><!-- ", "<a><![CDATA[x",
        "<a>&am",     "<?xm",    "<a/><b/>", "<a/>x", "<1/>",           "<a></b>",  "<a></ab>"})
    EXPECT_FALSE(parse_xml(text)) << text;
}

TEST(Xml, ADocumentTypeIsRefused) {
  EXPECT_FALSE(parse_xml("<!DOCTYPE a [<!ENTITY e \"expanded\">]><a><b>&e;</b></a>"));
  EXPECT_FALSE(parse_xml("<!DOCTYPE a SYSTEM \"http://x/\"><a/>"));
}

TEST(Xml, References) {
  EXPECT_EQ(parse_xml("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F511;&#xfc;</a>").text.reveal(),
            "<>&\"'A\xF0\x9F\x94\x91ü");
  for (const char* text :
       {"&e;", "&;", "&#;", "&#0;", "&#xD800;", "&#x110000;", "&#99999999999999;", "&#xg;", "&lt"})
    EXPECT_FALSE(parse_xml("<a>" + std::string(text) + "</a>")) << text;
}

TEST(Xml, LineEndsAreOne) { EXPECT_EQ(parse_xml("<a>1\r\n2\r3\n4</a>").text.reveal(), "1\n2\n3\n4"); }

TEST(Xml, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += "<a>";
    for (std::size_t i = 0; i < depth; ++i) text += "</a>";
    return text;
  };
  EXPECT_TRUE(parse_xml(nested(kMaxXmlDepth)));
  EXPECT_FALSE(parse_xml(nested(kMaxXmlDepth + 1)));
  EXPECT_FALSE(parse_xml(nested(1'000'000)));
}

TEST(Xml, LongTextsStayWhole) {
  const std::string long_text(300'000, 'x');
  EXPECT_EQ(text_at(parse_xml("<a><b>" + long_text + "</b></a>"), "b"), long_text);
}

}  // namespace
}  // namespace keyturn::aws
