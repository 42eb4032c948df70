#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace keyturn {
namespace {

// FIPS 180-2 and RFC 4231 vectors.
// FIPS 180-4's example.
TEST(Digest, Sha512) {
  const Sha512 digest = sha512("abc");
  EXPECT_EQ(to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()}),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, KnownVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const Sha256 mac = hmac_sha256("Jefe", "what do ya want for nothing?");
  EXPECT_EQ(to_hex(as_view(mac)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Digest, UuidsAreWellFormedAndDeterministic) {
  EXPECT_EQ(uuid_of("a"), uuid_of("a"));
  EXPECT_NE(uuid_of("a"), uuid_of("b"));
  EXPECT_EQ(uuid_of("a")[14], '8');
  SeededRandom one(7);
  SeededRandom two(7);
  const std::string drawn = one.uuid();
  EXPECT_EQ(drawn, two.uuid());
  EXPECT_EQ(drawn.size(), 36U);
  EXPECT_EQ(drawn[14], '4');
}

}  // namespace
}  // namespace keyturn
