#include "base/secret_string.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <type_traits>

namespace keyturn {
namespace {

template <class T, class = void>
struct Streamable : std::false_type {};
template <class T>
struct Streamable<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};

TEST(SecretString, CannotBePrintedOrConverted) {
  static_assert(!Streamable<SecretString>::value);
  static_assert(!fmt::is_formattable<SecretString>::value);
  static_assert(!std::is_convertible_v<SecretString, std::string>);
  static_assert(!std::is_convertible_v<std::string, SecretString>);
}

TEST(SecretString, KeepsItsBytesThroughCopyMoveAndAppend) {
  SecretString a("id:");
  a.append("wJalr");
  SecretString b = a;
  SecretString c = std::move(a);
  EXPECT_EQ(b.reveal(), "id:wJalr");
  EXPECT_TRUE(b == c);
  b = SecretString("other");
  EXPECT_EQ(b.reveal(), "other");
  EXPECT_EQ(c.size(), 8U);
}

TEST(SecretString, WipeOverwritesMemory) {
  std::string bytes = "secret";
  wipe_memory(bytes.data(), bytes.size());
  EXPECT_EQ(bytes, std::string(6, '\0'));
}

}  // namespace
}  // namespace keyturn
