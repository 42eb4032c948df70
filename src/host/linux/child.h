// Runs a program of the host and takes what it prints.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::host {

// What the program wrote to standard output (the first 64 KiB), whatever its exit status. It is found in
// PATH, gets an environment of PATH and `environment` alone ("NAME=value": nothing of ours, AWS credentials
// least of all), no input, and is killed when `patience` is over (ErrorKind::timed_out). ErrorKind::not_found
// where there is no such program.
Result<std::string> run_child(const std::vector<std::string>& command,
                              const std::vector<std::string>& environment, Duration patience);

}  // namespace keyturn::host
