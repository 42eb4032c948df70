#include "sqlserver/utf16.h"

#include <cstdint>

namespace keyturn::sqlserver {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Decoded {
  char32_t point;
  std::size_t size;  // of what was read
};

Decoded decode_utf8(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {kReplacement, 1};
  char32_t point = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {kReplacement, i};
    point = (point << 6U) | (next & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kSmallest[size] || surrogate || point > 0x10FFFF) return {kReplacement, size};
  return {point, size};
}

Decoded decode_utf16(std::u16string_view text) {
  const char32_t first = text[0];
  if (first < 0xD800 || first > 0xDFFF) return {first, 1};
  if (first > 0xDBFF || text.size() < 2 || text[1] < 0xDC00 || text[1] > 0xDFFF) return {kReplacement, 1};
  return {0x10000 + ((first - 0xD800) << 10U) + (text[1] - 0xDC00U), 2};
}

void append_utf8(std::string& out, char32_t point) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::u16string to_utf16(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());  // never grows further: no copy of a secret is left behind in a freed block
  while (!utf8.empty()) {
    const Decoded decoded = decode_utf8(utf8);
    utf8.remove_prefix(decoded.size);
    if (decoded.point < 0x10000) {
      out += static_cast<char16_t>(decoded.point);
    } else {
      out += static_cast<char16_t>(0xD800 + ((decoded.point - 0x10000) >> 10U));
      out += static_cast<char16_t>(0xDC00 + ((decoded.point - 0x10000) & 0x3FFU));
    }
  }
  return out;
}

std::string to_utf8(std::u16string_view utf16) {
  std::string out;
  out.reserve(utf16.size());
  while (!utf16.empty()) {
    const Decoded decoded = decode_utf16(utf16);
    utf16.remove_prefix(decoded.size);
    append_utf8(out, decoded.point);
  }
  return out;
}

}  // namespace keyturn::sqlserver
