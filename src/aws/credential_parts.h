// Pieces that several credential sources share.
#pragma once

#include <string>

#include "aws/signing.h"

namespace keyturn::aws {

// The JSON that containers, instance metadata (token named "Token") and credential_process ("SessionToken")
// give. Wipes `text`. `source` is for the error's sentence.
Result<Credentials> parse_credentials_json(std::string& text, const std::string& source);

}  // namespace keyturn::aws
