#include "aws/base64.h"

#include <cstdint>
#include <vector>

namespace keyturn::aws {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

SecretString decode_base64(const SecretString& text) {
  std::string_view digits = text.reveal();
  if (digits.size() % 4 != 0) return {};
  for (int i = 0; i < 2 && digits.ends_with('='); ++i) digits.remove_suffix(1);
  std::vector<char> bytes;
  bytes.reserve(digits.size() * 3 / 4);  // so that it never moves
  std::uint32_t bits = 0;
  int count = 0;
  bool valid = true;
  for (const char digit : digits) {
    const std::size_t value = kDigits.find(digit);
    valid = valid && value != std::string_view::npos;
    bits = bits << 6U | static_cast<std::uint32_t>(value & 63U);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU));
  }
  valid = valid && (bits & ((1U << static_cast<unsigned>(count)) - 1U)) == 0;  // what is left over
  SecretString result(valid ? std::string_view(bytes.data(), bytes.size()) : std::string_view());
  wipe_memory(bytes.data(), bytes.size());
  return result;
}

}  // namespace keyturn::aws
