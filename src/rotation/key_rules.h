// Which access keys keyturn lets near T-SQL and a `id:secret` pair.
#pragma once

#include <string_view>

#include "rotation/observation.h"

namespace keyturn::rotation {

// IAM's pattern for ids: 16 to 128 of [A-Za-z0-9_] (service model of IAM, accessKeyIdType).
bool is_access_key_id(std::string_view text);
// What IAM issues: letters, digits, '/', '+' and '='; never a colon, a quote or a control character.
bool is_secret_access_key(std::string_view text);
inline bool is_usable(const KeyPair& pair) {
  return is_access_key_id(pair.id) && is_secret_access_key(pair.secret.reveal());
}

}  // namespace keyturn::rotation
