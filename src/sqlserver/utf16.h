// UTF-8 here, UTF-16 at ODBC's edge. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace keyturn::sqlserver {

// What is no valid text becomes U+FFFD.
std::u16string to_utf16(std::string_view utf8);
std::string to_utf8(std::u16string_view utf16);

}  // namespace keyturn::sqlserver
