// What SQL Server asks of a login's password. Pure functions.
#pragma once

#include <string_view>

#include "base/secret_string.h"

namespace keyturn::sim {

// As sqlserver::login_password_hash() makes them.
[[nodiscard]] bool is_password_hash(std::string_view bytes);
[[nodiscard]] bool password_matches(std::string_view hash, const SecretString& password);

// What CHECK_POLICY asks of a new password under Windows's usual rules: eight characters, three of the four
// kinds, and not the login's name in it.
[[nodiscard]] bool meets_policy(const SecretString& password, std::string_view login);

}  // namespace keyturn::sim
