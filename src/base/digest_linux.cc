// Digests by OpenSSL.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

#include "base/digest.h"

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

Sha512 sha512(std::string_view bytes) {
  Sha512 digest{};
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha512(), nullptr) == 1);
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

}  // namespace keyturn
