// Digests by BCrypt, Windows's own library.
#include <windows.h>
// After windows.h, which it needs.
#include <bcrypt.h>

#include <cstdlib>

#include "base/digest.h"

namespace keyturn {
namespace {

// BCrypt's digests fail only when memory is out; there is no sensible way on from there.
void require(NTSTATUS status) {
  if (status != 0) std::abort();
}

// BCrypt reads from what it takes as writable.
PUCHAR bytes_of(std::string_view text) {
  return const_cast<PUCHAR>(reinterpret_cast<const unsigned char*>(text.data()));
}

// Of one digest, keyed or not. Opening one costs more than using it, so that each is kept; thread-safe to
// use.
class Algorithm {
 public:
  Algorithm(LPCWSTR name, ULONG flags) {
    require(BCryptOpenAlgorithmProvider(&handle_, name, nullptr, flags));
  }
  template <std::size_t Size>
  void hash(std::string_view key, std::string_view bytes, std::array<std::uint8_t, Size>& digest) const {
    BCRYPT_HASH_HANDLE hash = nullptr;
    require(BCryptCreateHash(handle_, &hash, nullptr, 0, key.empty() ? nullptr : bytes_of(key),
                             static_cast<ULONG>(key.size()), 0));
    require(BCryptHashData(hash, bytes_of(bytes), static_cast<ULONG>(bytes.size()), 0));
    require(BCryptFinishHash(hash, digest.data(), static_cast<ULONG>(digest.size()), 0));
    BCryptDestroyHash(hash);
  }

 private:
  BCRYPT_ALG_HANDLE handle_ = nullptr;  // until the process ends
};

}  // namespace

Sha256 sha256(std::string_view bytes) {
  static const Algorithm kAlgorithm(BCRYPT_SHA256_ALGORITHM, 0);
  Sha256 digest{};
  kAlgorithm.hash({}, bytes, digest);
  return digest;
}

Sha512 sha512(std::string_view bytes) {
  static const Algorithm kAlgorithm(BCRYPT_SHA512_ALGORITHM, 0);
  Sha512 digest{};
  kAlgorithm.hash({}, bytes, digest);
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  static const Algorithm kAlgorithm(BCRYPT_SHA256_ALGORITHM, BCRYPT_ALG_HANDLE_HMAC_FLAG);
  Sha256 digest{};
  kAlgorithm.hash(key, bytes, digest);
  return digest;
}

std::string md5_hex(std::string_view bytes) {
  static const Algorithm kAlgorithm(BCRYPT_MD5_ALGORITHM, 0);
  std::array<std::uint8_t, 16> digest{};
  kAlgorithm.hash({}, bytes, digest);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace keyturn
