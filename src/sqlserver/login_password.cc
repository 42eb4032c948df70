#include "sqlserver/login_password.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "base/digest.h"
#include "sqlserver/utf16.h"

namespace keyturn::sqlserver {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static_assert(kAlphabet.size() == 64);  // every character as likely as any other
constexpr std::size_t kLength = 32;

bool has(std::string_view text, int (*is_kind)(int)) {
  return std::any_of(text.begin(), text.end(),
                     [&](char c) { return is_kind(static_cast<unsigned char>(c)) != 0; });
}

}  // namespace

SecretString generate_login_password(Random& random) {
  std::array<char, kLength> text{};
  std::string_view view(text.data(), text.size());
  do {
    for (char& c : text) c = kAlphabet[random.next() % kAlphabet.size()];
  } while (!has(view, std::isupper) || !has(view, std::islower) || !has(view, std::isdigit));
  SecretString password(view);
  wipe_memory(text.data(), text.size());
  return password;
}

std::string login_password_hash(const SecretString& password, const PasswordSalt& salt) {
  std::u16string utf16 = to_utf16(password.reveal());
  std::string salted;
  salted.reserve(utf16.size() * 2 + salt.size());  // no copy is left behind by growing
  for (const char16_t unit : utf16) {
    salted += static_cast<char>(unit & 0xFFU);
    salted += static_cast<char>(unit >> 8U);
  }
  salted.append(salt.begin(), salt.end());
  const Sha512 digest = sha512(salted);
  wipe_memory(salted.data(), salted.size());
  wipe_memory(utf16.data(), utf16.size() * sizeof(char16_t));
  std::string hash("\x02\x00", 2);
  hash.append(salt.begin(), salt.end());
  hash.append(digest.begin(), digest.end());
  return hash;
}

}  // namespace keyturn::sqlserver
