// Base64 as the json protocol sends binary members.
#pragma once

#include "base/secret_string.h"

namespace keyturn::aws {

// Empty where the text is not base64.
SecretString decode_base64(const SecretString& text);

}  // namespace keyturn::aws
