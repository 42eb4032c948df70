#include "setup/similar.h"

#include <gtest/gtest.h>

namespace keyturn::setup {
namespace {

TEST(Similar, FindsMisspellings) {
  const std::vector<std::string> settings{"login_timeout", "query_timeout", "driver"};
  EXPECT_EQ(most_similar("login_timout", settings), "login_timeout");
  EXPECT_EQ(most_similar("query-timeout", settings), "query_timeout");
  EXPECT_EQ(most_similar("dirver", settings), "driver");
}

TEST(Similar, LeavesOtherWordsAlone) {
  EXPECT_EQ(most_similar("password", {"login_timeout", "driver"}), "");
  EXPECT_EQ(most_similar("x", {"driver"}), "");
  EXPECT_EQ(most_similar(std::string(1000, 'x'), {std::string(1000, 'x')}), "");
}

}  // namespace
}  // namespace keyturn::setup
