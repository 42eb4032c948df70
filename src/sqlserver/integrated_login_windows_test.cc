#include <gtest/gtest.h>

#include "sqlserver/integrated_login.h"

namespace keyturn::sqlserver {
namespace {

TEST(IntegratedLogin, NamesTheAccountWithItsDomain) {
  const auto login = integrated_login();
  ASSERT_TRUE(login) << login.error().sentence();
  EXPECT_TRUE(login->integrated);
  EXPECT_TRUE(login->password.reveal().empty());
  const std::size_t slash = login->user.find('\\');
  ASSERT_NE(slash, std::string::npos) << login->user;
  EXPECT_GT(slash, 0U);
  EXPECT_GT(login->user.size(), slash + 1);
}

}  // namespace
}  // namespace keyturn::sqlserver
