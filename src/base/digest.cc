#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>

namespace keyturn {
namespace {

// OpenSSL's digests fail only when memory is out; there is no sensible way on from there.
void require(bool done) {
  if (!done) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 digest{};
  unsigned size = 0;
  require(HMAC(EVP_sha256(), key.data(), int(key.size()), bytes_of(bytes), bytes.size(), digest.data(),
               &size) != nullptr);
  return digest;
}

std::string md5_hex(std::string_view bytes) {
  std::array<char, 16> digest{};
  require(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                     EVP_md5(), nullptr) == 1);
  return to_hex({digest.data(), digest.size()});
}

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
