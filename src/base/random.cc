#include "base/random.h"

#include <array>

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

std::uint64_t SeededRandom::next() {
  const std::lock_guard lock(mutex_);
  return engine_();
}

}  // namespace keyturn
