// Pieces that several credential sources share.
#pragma once

#include <string>

#include "aws/signing.h"

namespace keyturn::aws {

// The JSON that containers, instance metadata (token named "Token") and credential_process ("SessionToken")
// give. Wipes `text`. `source` is for the error's sentence.
Result<Credentials> parse_credentials_json(std::string& text, const std::string& source);

// Splits a command line as a POSIX shell would quote it, without running one: blanks separate, quotes and
// backslashes protect.
Result<std::vector<std::string>> split_command(const std::string& line);

// Runs a credential_process and reads what it prints. Its stderr is part of the error's sentence, its stdout
// never.
Result<Credentials> run_credential_process(const std::string& command_line);

}  // namespace keyturn::aws
