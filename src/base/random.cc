#include "base/random.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>

#include "base/digest.h"

namespace keyturn {

double Random::unit() { return double(next() >> 11U) * 0x1.0p-53; }

std::string Random::uuid() {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t word = next();
    for (std::size_t i = 0; i < 8; ++i, word >>= 8U) bytes[half * 8 + i] = std::uint8_t(word & 0xFFU);
  }
  return format_uuid(bytes, 4);
}

std::uint64_t SystemRandom::next() {
  std::uint64_t word = 0;
  // Only a broken operating system fails here, and no key may be drawn from a predictable generator.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&word), sizeof word) != 1) std::abort();
  return word;
}

std::uint64_t SeededRandom::next() {
  const std::lock_guard lock(mutex_);
  return engine_();
}

}  // namespace keyturn
