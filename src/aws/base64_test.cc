#include "aws/base64.h"

#include <gtest/gtest.h>

#include <string>

namespace keyturn::aws {
namespace {

std::string decoded(std::string_view text) { return std::string(decode_base64(SecretString(text)).reveal()); }

TEST(Base64, DecodesRfc4648sVectors) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decoded("+/8A"), std::string("\xfb\xff\0", 3));
}

TEST(Base64, WhatIsNotBase64IsEmpty) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "Zm9 ", "Zm\n9", "Zm-_", "=m9v", "Zg==Zg==", "Zh=="})
    EXPECT_EQ(decoded(text), "") << text;
}

}  // namespace
}  // namespace keyturn::aws
