#include "base/digest.h"

#include <algorithm>

namespace keyturn {

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::string format_uuid(std::array<std::uint8_t, 16> bytes, unsigned version) {
  bytes[6] = std::uint8_t((bytes[6] & 0x0FU) | (version << 4U));
  bytes[8] = std::uint8_t((bytes[8] & 0x3FU) | 0x80U);
  std::string text = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

std::string uuid_of(std::string_view text) {
  const Sha256 digest = sha256(text);
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return format_uuid(bytes, 8);
}

}  // namespace keyturn
