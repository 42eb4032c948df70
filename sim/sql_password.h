// Passwords of SQL logins, as SQL Server 2012 and later keep them: 0x0200, four bytes of salt, and SHA-512 of
// the password's UTF-16 and the salt. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/secret_string.h"

namespace keyturn::sim {

std::string hash_password(const SecretString& password, std::string_view salt);
[[nodiscard]] bool is_password_hash(std::string_view bytes);
[[nodiscard]] bool password_matches(std::string_view hash, const SecretString& password);

// What CHECK_POLICY asks of a new password under Windows's usual rules: eight characters, three of the four
// kinds, and not the login's name in it.
[[nodiscard]] bool meets_policy(const SecretString& password, std::string_view login);

}  // namespace keyturn::sim
