#include "sqlserver/tsql.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace keyturn::sqlserver {
namespace {

rotation::KeyPair pair_of(const std::string& id, const std::string& secret) {
  return {id, SecretString(secret)};
}

// Reads a quoted text as T-SQL's lexer does; nothing where it ends early or never.
std::optional<std::string> unquote(const std::string& quoted, std::size_t start, char end) {
  std::string out;
  for (std::size_t i = start; i < quoted.size(); ++i) {
    if (quoted[i] != end) {
      out += quoted[i];
    } else if (i + 1 < quoted.size() && quoted[i + 1] == end) {
      out += quoted[i++];
    } else {
      return i + 1 == quoted.size() ? std::optional(out) : std::nullopt;
    }
  }
  return std::nullopt;
}

RC_GTEST_PROP(Tsql, QuotedIdentifiersReadBackAsThemselves, (const std::string& name)) {
  RC_ASSERT(unquote(quote_identifier(name), 1, ']') == name);
}

RC_GTEST_PROP(Tsql, QuotedLiteralsReadBackAsThemselves, (const std::string& text)) {
  RC_ASSERT(unquote(quote_literal(text), 2, '\'') == text);
}

TEST(Tsql, QuotesWhatEndsAQuote) {
  EXPECT_EQ(quote_identifier("a]b"), "[a]]b]");
  EXPECT_EQ(quote_literal("it's"), "N'it''s'");
}

TEST(Tsql, CountsUtf16Units) {
  EXPECT_EQ(utf16_units("abc"), 3U);
  EXPECT_EQ(utf16_units("ü€"), 2U);
  EXPECT_EQ(utf16_units("\xF0\x9F\x94\x91"), 2U);  // a surrogate pair
}

TEST(Tsql, MarkerNamesNeverExceedASysname) {
  EXPECT_EQ(marker_name("s3://b/p"), "keyturn:s3://b/p");
  const std::string longest = "s3://" + std::string(115, 'b');  // with the prefix exactly 128
  EXPECT_EQ(marker_name(longest), "keyturn:" + longest);
  const std::string longer = longest + "c";
  EXPECT_EQ(marker_name(longer).substr(0, 9), "keyturn:#");
  EXPECT_EQ(marker_name(longer).size(), 9U + 64U);
  EXPECT_NE(marker_name(longer), marker_name(longest + "d"));
}

TEST(Tsql, OnlyKeysAsIamIssuesThemPass) {
  EXPECT_TRUE(check_key(pair_of("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY=")));
  EXPECT_FALSE(check_key(pair_of("AKIASHORT", "secret")));
  EXPECT_FALSE(check_key(pair_of("AKIAIOSFODNN7EXAMPL:", "secret")));
  EXPECT_FALSE(check_key(pair_of("AKIAIOSFODNN7EXAMPLE", "")));
  EXPECT_FALSE(check_key(pair_of("AKIAIOSFODNN7EXAMPLE", std::string(129, 'a'))));
}

RC_GTEST_PROP(Tsql, NoSecretThatPassesCanEndALiteral, (const std::string& secret)) {
  const bool passes = check_key(pair_of("AKIAIOSFODNN7EXAMPLE", secret)).has_value();
  RC_ASSERT(!passes || secret.find_first_of(":'\"];\n") == std::string::npos);
}

TEST(Tsql, ARefusedSecretIsNotRepeated) {
  const auto refused = check_key(pair_of("AKIAIOSFODNN7EXAMPLE", "very:secret"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sentence().find("very"), std::string::npos);
}

TEST(Tsql, PatternsEndInAStar) {
  EXPECT_TRUE(matches_pattern("S3://Host/b/deep/er", "s3://host/b/*"));
  EXPECT_FALSE(matches_pattern("s3://host/bucket", "s3://host/b/*"));
  EXPECT_TRUE(matches_pattern("s3://host/b", "s3://HOST/b"));
  EXPECT_FALSE(matches_pattern("s3://host/bc", "s3://host/b"));
  EXPECT_FALSE(matches_pattern("s3://host/x/y", "s3://host/*/y"));
}

}  // namespace
}  // namespace keyturn::sqlserver
