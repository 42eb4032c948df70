#include "sqlserver/tsql.h"

#include <algorithm>

#include "base/digest.h"

namespace keyturn::sqlserver {
namespace {

std::string doubled(std::string_view text, char special) {
  std::string out;
  out.reserve(text.size() + 2);
  for (const char c : text) {
    out += c;
    if (c == special) out += c;
  }
  return out;
}

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_key_id_char(char c) { return is_alnum(c) || c == '_'; }
bool is_secret_char(char c) { return is_alnum(c) || c == '/' || c == '+' || c == '='; }

bool consists_of(std::string_view text, std::size_t min_size, bool (*allowed)(char)) {
  return text.size() >= min_size && text.size() <= 128 && std::all_of(text.begin(), text.end(), allowed);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string quote_identifier(std::string_view name) { return "[" + doubled(name, ']') + "]"; }
std::string quote_literal(std::string_view text) { return "N'" + doubled(text, '\'') + "'"; }

std::size_t utf16_units(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
  }
  return units;
}

std::string marker_name(std::string_view credential_name) {
  std::string name = std::string(kMarkerPrefix) + std::string(credential_name);
  if (utf16_units(name) <= kMaxNameUtf16Units) return name;
  return std::string(kMarkerPrefix) + "#" + sha256_hex(credential_name);
}

Result<void> check_key(const rotation::KeyPair& key) {
  if (!consists_of(key.id, 16, is_key_id_char)) {
    return fail(ErrorKind::unsupported,
                "The access key's id has characters or a length that IAM does not issue.",
                "Look at the value of the credential secret: it should be KEYID:SECRET.");
  }
  if (!consists_of(key.secret.reveal(), 1, is_secret_char)) {
    return fail(
        ErrorKind::unsupported,
        "The secret of access key " + key.id + " has characters that SQL Server's S3 credentials can't hold.",
        "Look at the value of the credential secret: it should be KEYID:SECRET.");
  }
  return {};
}

bool same_name(std::string_view a, std::string_view b) { return a.size() == b.size() && has_prefix(a, b); }

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), name.begin(),
                                                    [](char a, char b) { return lower(a) == lower(b); });
}

bool matches_pattern(std::string_view name, std::string_view pattern) {
  if (pattern.empty() || pattern.back() != '*') return same_name(name, pattern);
  pattern.remove_suffix(1);
  return has_prefix(name, pattern);
}

}  // namespace keyturn::sqlserver
