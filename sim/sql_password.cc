#include "sim/sql_password.h"

#include <algorithm>
#include <cctype>

#include "base/digest.h"
#include "sim/sql_error.h"
#include "sqlserver/login_password.h"

namespace keyturn::sim {
namespace {

constexpr std::string_view kVersion("\x02\x00", 2);
constexpr std::size_t kHashSize =
    kVersion.size() + std::tuple_size_v<sqlserver::PasswordSalt> + std::tuple_size_v<Sha512>;

sqlserver::PasswordSalt salt_of(std::string_view hash) {
  sqlserver::PasswordSalt salt{};
  std::copy_n(hash.begin() + kVersion.size(), salt.size(), salt.begin());
  return salt;
}

}  // namespace

bool is_password_hash(std::string_view bytes) {
  return bytes.size() == kHashSize && bytes.starts_with(kVersion);
}

bool password_matches(std::string_view hash, const SecretString& password) {
  return is_password_hash(hash) && sqlserver::login_password_hash(password, salt_of(hash)) == hash;
}

bool meets_policy(const SecretString& password, std::string_view login) {
  const std::string_view text = password.reveal();
  const auto has = [&](auto is_kind) {
    return std::any_of(text.begin(), text.end(),
                       [&](char c) { return is_kind(static_cast<unsigned char>(c)); });
  };
  const int kinds = int(has([](int c) { return std::isupper(c) != 0; })) +
                    int(has([](int c) { return std::islower(c) != 0; })) +
                    int(has([](int c) { return std::isdigit(c) != 0; })) +
                    int(has([](int c) { return std::isalnum(c) == 0; }));
  const bool holds_name = login.size() >= 3 && fold_name(text).find(fold_name(login)) != std::string::npos;
  return text.size() >= 8 && kinds >= 3 && !holds_name;
}

}  // namespace keyturn::sim
