// SHA-2, HMAC and what is built on them here: hex and UUIDs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace keyturn {

using Sha256 = std::array<std::uint8_t, 32>;
using Sha512 = std::array<std::uint8_t, 64>;

Sha256 sha256(std::string_view bytes);
Sha512 sha512(std::string_view bytes);  // SQL Server hashes passwords with it
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);
std::string md5_hex(std::string_view bytes);  // S3's ETag is an MD5; nothing is secured by it

std::string to_hex(std::string_view bytes);
inline std::string_view as_view(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
inline std::string sha256_hex(std::string_view bytes) {
  const Sha256 digest = sha256(bytes);
  return to_hex(as_view(digest));
}

// 8-4-4-4-12 lower-case hex, with the version and the RFC 4122 variant set.
std::string format_uuid(std::array<std::uint8_t, 16> bytes, unsigned version);
// The same text gives the same UUID (version 8: SHA-256 of it).
std::string uuid_of(std::string_view text);

}  // namespace keyturn
