#include "host/windows/registry.h"

#include <gtest/gtest.h>

#include "host/windows/addresses.h"

namespace keyturn::host {
namespace {

using Texts = std::vector<std::string>;

std::string bytes_of(std::u16string_view text) {
  std::string bytes;
  for (const char16_t c : text) bytes += {static_cast<char>(c & 0xFF), static_cast<char>(c >> 8)};
  return bytes;
}

TEST(RegistryValues, AreDecodedByTheirType) {
  EXPECT_EQ(decode_value(1, bytes_of(std::u16string(u"1433\0", 5))), RegistryValue("1433"));
  EXPECT_EQ(decode_value(2, bytes_of(u"%SystemRoot%")), RegistryValue("%SystemRoot%"));
  EXPECT_EQ(decode_value(1, bytes_of(u"Zürich")), RegistryValue("Zürich"));
  EXPECT_EQ(decode_value(4, std::string("\x01\0\0\x80", 4)), RegistryValue(std::uint64_t{0x80000001}));
  EXPECT_EQ(decode_value(11, std::string("\x02\0\0\0\0\0\0\0", 8)), RegistryValue(std::uint64_t{2}));
  EXPECT_EQ(decode_value(7, bytes_of(std::u16string(u"A\0B\0\0", 5))), RegistryValue(Texts{"A", "B"}));
  EXPECT_EQ(decode_value(3, "1433"), std::nullopt);
}

TEST(RegistryValues, NeedNotBeWhatTheirTypePromises) {
  EXPECT_EQ(decode_value(1, ""), RegistryValue(""));
  EXPECT_EQ(decode_value(1, bytes_of(u"14") + "3"), RegistryValue("14"));  // half a character
  EXPECT_EQ(decode_value(1, bytes_of(std::u16string(u"14\0x33", 6))), RegistryValue("14"));
  EXPECT_EQ(decode_value(7, bytes_of(u"A")), RegistryValue(Texts{"A"}));
  EXPECT_EQ(decode_value(7, bytes_of(std::u16string(u"\0\0A\0", 4))), RegistryValue(Texts{"A"}));
  EXPECT_EQ(decode_value(4, "\x01"), std::nullopt);
  EXPECT_EQ(decode_value(1, std::string("\x00\xD8", 2)), RegistryValue("\xEF\xBF\xBD"));  // half a pair
}

TEST(RegistryValues, AreTakenForWhatTheyAreMeantFor) {
  RegistryKey key;
  key.values = {
      {"Port", " 1433 \r\n"}, {"List", Texts{" A", "", "B "}}, {"Flag", std::uint64_t{1}}, {"Word", "on"}};
  EXPECT_EQ(key.text("PORT"), "1433");
  EXPECT_EQ(key.number("port"), 1433U);
  EXPECT_EQ(key.texts("Port"), Texts{"1433"});
  EXPECT_EQ(key.texts("List"), (Texts{"A", "B"}));
  EXPECT_EQ(key.text("Flag"), "1");
  EXPECT_EQ(key.number("Flag"), 1U);
  EXPECT_EQ(key.texts("Flag"), Texts{});
  EXPECT_EQ(key.number("Word"), std::nullopt);
  EXPECT_EQ(key.number("missing"), std::nullopt);
  EXPECT_EQ(key.text("missing"), std::nullopt);
}

TEST(Addresses, AreToldFromOtherTexts) {
  for (const char* text : {"10.0.0.5", "127.0.0.1", "0.0.0.0", "::1", "fe80::1%12", "2001:DB8::10.0.0.1"})
    EXPECT_TRUE(is_ip_address(text)) << text;
  for (const char* text : {"", "10.0.0", "10.0.0.256", "10.0.0.5.6", "10.0.0.5.", ".1.2.3", "1..2.3",
                           "a.b.c.d", "1:2", "::1%eth0", "::g", "localhost", "1234.1.1.1"})
    EXPECT_FALSE(is_ip_address(text)) << text;
  EXPECT_TRUE(is_same_address("FE80::1%12", "fe80::1"));
  EXPECT_FALSE(is_same_address("10.0.0.1", "10.0.0.10"));
  EXPECT_TRUE(can_be_host_name("SQLCLU-01.corp.example"));
  for (const char* text : {"", "-x", "a b", "a\\b", "a;b", "a,1433"})
    EXPECT_FALSE(can_be_host_name(text)) << text;
}

}  // namespace
}  // namespace keyturn::host
