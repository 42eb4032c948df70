// The head of SQL Server's error log tells version and edition without a login. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace keyturn::host {

struct ServerVersion {
  std::string product_version;  // "16.0.4135.4"; empty: not found
  std::string edition;          // "Developer Edition (64-bit)"
};

// The first few kilobytes are enough. UTF-8 or UTF-16LE, with or without a byte order mark.
ServerVersion read_error_log(std::string_view head);

}  // namespace keyturn::host
