#include "sqlserver/login_password.h"

#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"

namespace keyturn::sqlserver {
namespace {

TEST(LoginPassword, IsHashedAsSqlServerKeepsIt) {
  // The sample of hashcat's mode 1731, which others computed.
  EXPECT_EQ(
      to_hex(login_password_hash(SecretString("hashcat"), {1, 2, 3, 4})),
      "02000102030434ea1b17802fd95ea6316bd61d2c94622ca3812793e8fb1672487b5c904a45a31b2ab4a78890d563d2fcf566"
      "3e46fe797d71550494be50cf4915d3f4d55ec375");
}

TEST(LoginPassword, IsLongMixedAndNeverTheSame) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const SecretString password = generate_login_password(random);
    const std::string text(password.reveal());
    EXPECT_EQ(text.size(), 32U);
    EXPECT_NE(text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string::npos);
    EXPECT_NE(text.find_first_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos);
    EXPECT_NE(text.find_first_of("0123456789"), std::string::npos);
    EXPECT_EQ(text.find_first_of("'\"{};=$`\\ "), std::string::npos);
    EXPECT_TRUE(seen.insert(text).second);
  }
}

}  // namespace
}  // namespace keyturn::sqlserver
