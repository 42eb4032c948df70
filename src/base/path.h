// Paths from and to UTF-8 text. std::filesystem::path is UTF-16 on Windows, where its own conversions go
// through the ANSI code page and lose what that lacks. The same on Linux, where both are bytes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace keyturn {

inline std::filesystem::path path_of(std::string_view utf8) {
  return std::filesystem::path(std::u8string(utf8.begin(), utf8.end()));
}

inline std::string utf8_of(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

}  // namespace keyturn
