// The T-SQL that makes the login which keyturn connects with, and that takes it away. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace keyturn::render {

using LoginSid = std::array<std::uint8_t, 16>;

struct SqlLoginSettings {
  std::string login;  // UTF-8
  std::string
      password_hash;  // bytes, as sqlserver::login_password_hash() makes them; empty: a Windows account
  LoginSid sid{};     // of a SQL login: the same on every replica of an availability group
  bool proof_backup = false;  // with what a backup of master needs
};

// Scripts for sqlcmd and SSMS, with GO between batches. Running one again changes nothing more; each says
// what it leaves to whoever runs it.
std::string sql_login_script(const SqlLoginSettings& settings);
std::string sql_login_drop_script(const std::string& login);

// The same for the same `seed` and login: so a script that is rendered again names the same SID.
LoginSid login_sid(const std::string& seed, const std::string& login);

}  // namespace keyturn::render
