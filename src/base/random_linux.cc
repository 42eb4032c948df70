// The operating system's generator, by OpenSSL.
#include <openssl/rand.h>

#include <cstdlib>

#include "base/random.h"

namespace keyturn {

std::uint64_t SystemRandom::next() {
  std::uint64_t word = 0;
  // Only a broken operating system fails here, and no key may be drawn from a predictable generator.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&word), sizeof word) != 1) std::abort();
  return word;
}

}  // namespace keyturn
