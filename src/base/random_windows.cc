// The operating system's generator, by BCrypt.
#include <windows.h>
// After windows.h, which it needs.
#include <bcrypt.h>

#include <cstdlib>

#include "base/random.h"

namespace keyturn {

std::uint64_t SystemRandom::next() {
  std::uint64_t word = 0;
  // Only a broken operating system fails here, and no key may be drawn from a predictable generator.
  if (BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(&word), sizeof word,
                      BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
    std::abort();
  return word;
}

}  // namespace keyturn
