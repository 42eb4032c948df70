// Base64, as AWS's JSON protocols carry bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keyturn::sim {

std::string base64_text(std::string_view bytes);
// Nothing: the text is not base64.
std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace keyturn::sim
