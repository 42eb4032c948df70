#include "base/wide_windows.h"

#include <gtest/gtest.h>
#include <windows.h>

#include "base/path.h"

namespace keyturn {
namespace {

TEST(Wide, GoesThereAndBack) {
  const std::string text = "Zürich, 東京, \xF0\x9F\x94\x91";
  EXPECT_EQ(wide(text).size(), 14U) << "the key is a pair of surrogates";
  EXPECT_EQ(narrow(wide(text)), text);
  EXPECT_EQ(wide(""), L"");
  EXPECT_EQ(narrow(L""), "");
  const std::string with_nul("a\0b", 3);
  EXPECT_EQ(narrow(wide(with_nul)), with_nul);
}

TEST(Wide, ReplacesWhatIsNotWellFormed) {
  EXPECT_NE(wide("a\xFFz").find(L'\xFFFD'), std::wstring::npos);
  EXPECT_EQ(narrow(wide("a\xFFz")).front(), 'a');
}

TEST(WindowsMessage, HasTheSystemsWordsAndTheNumber) {
  const std::string text = windows_message(ERROR_FILE_NOT_FOUND);
  EXPECT_TRUE(text.ends_with(" (Windows error 2)")) << text;
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos);
  EXPECT_EQ(text.find(". ("), std::string::npos);
  EXPECT_EQ(windows_message(0x2FFFFFFF), "Windows error 805306367");
  EXPECT_NE(windows_message(0x80070005).find("Windows error 0x80070005"), std::string::npos);
}

TEST(EnvironmentVariable, IsUtf8AndTellsEmptyFromMissing) {
  SetEnvironmentVariableW(L"KEYTURN_TEST_TEXT", L"Z\u00FCrich");
  EXPECT_EQ(environment_variable("KEYTURN_TEST_TEXT"), "Zürich");
  const std::wstring longer(1000, L'\u00FC');
  SetEnvironmentVariableW(L"KEYTURN_TEST_TEXT", longer.c_str());
  EXPECT_EQ(environment_variable("KEYTURN_TEST_TEXT"), narrow(longer));
  SetEnvironmentVariableW(L"KEYTURN_TEST_TEXT", nullptr);
  EXPECT_EQ(environment_variable("KEYTURN_TEST_TEXT"), std::nullopt);
}

TEST(Path, KeepsWhatTheCodePageLacks) {
  EXPECT_EQ(path_of("C:/Zürich/東京").filename().wstring(), L"\u6771\u4EAC");
  EXPECT_EQ(utf8_of(path_of("C:/Zürich/東京")), "C:/Zürich/東京");
}

}  // namespace
}  // namespace keyturn
