#include "sqlserver/utf16.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace keyturn::sqlserver {
namespace {

TEST(Utf16, ConvertsBothWays) {
  const std::string text = "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x94\x91";
  EXPECT_EQ(to_utf16(text), u"aü€🔑");
  EXPECT_EQ(to_utf8(u"aü€🔑"), text);
}

TEST(Utf16, WhatIsNoTextBecomesTheReplacementCharacter) {
  EXPECT_EQ(to_utf16("a\xFF"), u"a\uFFFD");
  EXPECT_EQ(to_utf16("\xC0\xAF"), u"\uFFFD\uFFFD");  // an overlong '/'
  EXPECT_EQ(to_utf16("\xE2\x82"), u"\uFFFD\uFFFD");  // cut short
  EXPECT_EQ(to_utf8(std::u16string(1, char16_t{0xD83D})), "\xEF\xBF\xBD");
}

RC_GTEST_PROP(Utf16, AnyBytesAreSurvivedAndTheResultIsStable, (const std::string& bytes)) {
  const std::string once = to_utf8(to_utf16(bytes));
  RC_ASSERT(to_utf8(to_utf16(once)) == once);
}

}  // namespace
}  // namespace keyturn::sqlserver
