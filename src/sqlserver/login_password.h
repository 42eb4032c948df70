// Passwords of SQL logins: made at random, and hashed as SQL Server keeps them, so that a script can carry
// one from server to server without the password itself. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/secret_string.h"

namespace keyturn::sqlserver {

// 32 characters of 64 (192 bits), capitals, small letters and digits among them: what Windows's password
// policy asks for, and nothing that a connection string, a shell or T-SQL would read otherwise.
SecretString generate_login_password(Random& random);

// What CREATE LOGIN … WITH PASSWORD = 0x… HASHED takes: 0x0200, the salt, and SHA-512 of the password in
// UTF-16 followed by the salt (SQL Server 2012 and later).
using PasswordSalt = std::array<std::uint8_t, 4>;
std::string login_password_hash(const SecretString& password, const PasswordSalt& salt);

}  // namespace keyturn::sqlserver
