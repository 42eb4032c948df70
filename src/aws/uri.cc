#include "aws/uri.h"

namespace keyturn::aws {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (is_unreserved(c) || keep.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kDigits[byte >> 4U];
      encoded += kDigits[byte & 0xFU];
    }
  }
  return encoded;
}

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::size_t mark = url.find("://");
  if (mark != std::string_view::npos) {
    parts.scheme = url.substr(0, mark);
    url.remove_prefix(mark + 3);
  }
  const std::size_t path = url.find_first_of("/?#");
  std::string_view authority = url.substr(0, path);
  if (path != std::string_view::npos) parts.target = url.substr(path);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  parts.host = has_port ? authority.substr(0, colon) : authority;
  if (has_port) parts.port = authority.substr(colon + 1);
  return parts;
}

}  // namespace keyturn::aws
