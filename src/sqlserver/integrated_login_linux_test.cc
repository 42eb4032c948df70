#include <gtest/gtest.h>

#include "sqlserver/integrated_login.h"

namespace keyturn::sqlserver {
namespace {

TEST(IntegratedLogin, IsRefusedOnLinux) {
  const auto login = integrated_login();
  ASSERT_FALSE(login);
  EXPECT_EQ(login.error().kind, ErrorKind::usage);
  EXPECT_NE(login.error().hint.find("sql.authentication"), std::string::npos);
}

}  // namespace
}  // namespace keyturn::sqlserver
