#include "host/windows/addresses.h"

#include <algorithm>

#include "host/names.h"

namespace keyturn::host {
namespace {

bool has_only(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == text.npos;
}

std::string_view without_zone(std::string_view address) { return address.substr(0, address.find('%')); }

bool is_ipv4(std::string_view text) {
  int numbers = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view number = text.substr(0, end);
    if (!has_only(number, "0123456789") || number.size() > 3) return false;
    if (std::stoi(std::string(number)) > 255) return false;
    ++numbers;
    if (end + 1 == text.size()) return false;  // a point at the end
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return numbers == 4;
}

}  // namespace

bool is_ip_address(std::string_view text) {
  if (!is_ipv6(text)) return is_ipv4(text);
  const std::string_view zone = text.substr(without_zone(text).size());
  return text.size() <= 64 && has_only(without_zone(text), "0123456789abcdefABCDEF:.") &&
         std::count(text.begin(), text.end(), ':') >= 2 && (zone.empty() || has_only(zone, "%0123456789"));
}

bool is_any_address(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

bool can_be_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                 c == '-' || c == '_' || c == '.';
           return is_plain || static_cast<unsigned char>(c) >= 0x80;
         });
}

bool is_same_address(std::string_view a, std::string_view b) {
  return same_name(without_zone(a), without_zone(b));
}

}  // namespace keyturn::host
