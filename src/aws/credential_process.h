// credential_process: a program of the user's that prints credentials.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "aws/signing.h"
#include "base/error.h"

namespace keyturn::aws {

inline constexpr std::chrono::seconds kCredentialProcessLimit{60};

// Runs it and reads what it prints: JSON of "Version": 1. Its stderr is part of the error's sentence, its
// stdout never. There is no shell. On Linux the command line is split as a POSIX shell would quote it; on
// Windows the program is the first word, which double quotes may protect, and the rest goes to it as it
// stands. A program without a folder in its name is looked for on PATH alone (on Windows as NAME.exe where it
// has no extension).
Result<Credentials> run_credential_process(const std::string& command_line,
                                           std::chrono::milliseconds limit = kCredentialProcessLimit);

// The parts that differ by system, and their seam.
struct ProcessOutcome {
  std::string program;
  std::string output;  // of at most 1 MiB; whoever holds it wipes it
  std::string errors;
  bool too_slow = false;  // it was ended
  bool succeeded = false;
};
Result<ProcessOutcome> run_program(const std::string& command_line, std::chrono::milliseconds limit);

// Linux only. Blanks separate, quotes and backslashes protect.
Result<std::vector<std::string>> split_command(const std::string& line);

}  // namespace keyturn::aws
