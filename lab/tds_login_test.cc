#include "lab/tds_login.h"

#include <gtest/gtest.h>

#include <random>

#include "lab/tds_bytes.h"
#include "sim/sql_type.h"

namespace keyturn::lab {
namespace {

// What FreeTDS 1.3.17 sends (measured).
std::string freetds_prelogin(char encryption) {
  const std::string table(
      "\x00\x00\x1a\x00\x06\x01\x00\x20\x00\x01\x02\x00\x21\x00\x0c\x03\x00\x2d\x00\x04\x04\x00\x31\x00\x01"
      "\xff",
      26);
  return table + std::string("\x09\0\0\0\0\0", 6) + encryption + std::string("MSSQLServer\0", 12) +
         std::string("\x01\x02\x03\x04", 4) + std::string(1, '\0');
}

// LOGIN7 with user, password and database, as MS-TDS lays it out.
std::string login_message(const std::string& user, const std::string& password, const std::string& database) {
  ByteWriter data;
  ByteWriter table;
  const auto add = [&](const std::string& text, bool hidden) {
    const std::u16string units = sim::to_utf16(text);
    table.u16(94 + data.bytes().size());
    table.u16(units.size());
    const std::size_t before = data.bytes().size();
    data.utf16(units);
    for (std::size_t i = before; hidden && i < data.bytes().size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(data.bytes()[i]);
      data.bytes()[i] = static_cast<char>(((byte << 4 | byte >> 4) & 0xFF) ^ 0xA5);
    }
  };
  for (const auto& [text, hidden] : {std::pair<std::string, bool>{"HOST", false},
                                     {user, false},
                                     {password, true},
                                     {"app", false},
                                     {"server", false}})
    add(text, hidden);
  table.u32(0);  // extension
  for (const std::string& text : {std::string("lib"), std::string("us_english"), database}) add(text, false);
  ByteWriter message;
  message.u32(94 + data.bytes().size());
  message.u32(0x74000004);
  message.u32(4096);
  message.raw(std::string(24, '\0'));
  message.raw(table.bytes());
  message.raw(std::string(94 - message.bytes().size(), '\0'));
  return message.bytes() + data.bytes();
}

TEST(Prelogin, ReadsWhatFreeTdsSends) {
  const auto prelogin = parse_prelogin(freetds_prelogin(1));
  ASSERT_TRUE(prelogin);
  EXPECT_EQ(prelogin->encryption, kEncryptOn);
  EXPECT_EQ(prelogin->instance, "MSSQLServer");
}

TEST(Prelogin, RepliesWithVersionAndEncryption) {
  const std::string reply = prelogin_reply("16.0.4085.2", kEncryptOn, false);
  const auto parsed = parse_prelogin(reply);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->encryption, kEncryptOn);
  EXPECT_NE(reply.find(std::string("\x10\x00\x0F\xF5\x00\x00", 6)), std::string::npos);
}

TEST(Login, ReadsNamesAndPassword) {
  const auto login = parse_login(login_message("sa", "abc", "db1"));
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user, "sa");
  EXPECT_EQ(login->password.reveal(), "abc");
  EXPECT_EQ(login->database, "db1");
  EXPECT_EQ(login->host_name, "HOST");
  EXPECT_EQ(login->tds_version, 0x74000004U);
}

TEST(Login, TooLongNamesAreRefused) {
  EXPECT_FALSE(parse_login(login_message(std::string(129, 'x'), "p", "")));
}

TEST(Login, EveryTruncationIsRefused) {
  const std::string whole = login_message("user", "password", "master");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_login(whole.substr(0, size))) << size;
}

TEST(Login, DamagedMessagesNeverCrash) {
  std::mt19937 random(11);
  const std::string login = login_message("user", "password", "master");
  const std::string prelogin = freetds_prelogin(0);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = i % 2 == 0 ? login : prelogin;
    for (auto n = random() % 8 + 1; n > 0; --n)
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    const auto a = parse_login(damaged);
    const auto b = parse_prelogin(damaged);
    EXPECT_LE(a ? a->user.size() : 0, 128U * 3);
    EXPECT_LE(b ? b->instance.size() : 0, damaged.size());
  }
}

}  // namespace
}  // namespace keyturn::lab
