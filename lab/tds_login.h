// PRELOGIN and LOGIN7 (MS-TDS 2.2.6.4, 2.2.6.5).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/secret_string.h"

namespace keyturn::lab {

constexpr std::uint8_t kEncryptOff = 0;
constexpr std::uint8_t kEncryptOn = 1;
constexpr std::uint8_t kEncryptNotSupported = 2;
constexpr std::uint8_t kEncryptRequired = 3;

struct Prelogin {
  std::uint8_t encryption = kEncryptNotSupported;
  std::string instance;
  bool asks_federated = false;
};
// Both parsers give nothing for a message that is malformed in any way.
std::optional<Prelogin> parse_prelogin(std::string_view payload);
// `version`: "16.0.4085.2".
std::string prelogin_reply(const std::string& version, std::uint8_t encryption, bool federated);

struct Login {
  std::uint32_t tds_version = 0;
  std::uint32_t packet_size = 4096;
  std::string host_name, user, app_name, server_name, library, language, database;  // UTF-8
  SecretString password;
  bool integrated = false;
  std::set<std::uint8_t> features;
};
std::optional<Login> parse_login(std::string_view payload);

}  // namespace keyturn::lab
