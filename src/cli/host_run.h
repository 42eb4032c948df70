// Runs the two commands that work on the host itself, and prints its report.
#pragma once

#include <string>

#include "cli/options.h"

namespace keyturn::cli {

// Both answer the exit status. Everything that goes wrong is told; nothing is thrown.
int run_apply(const Options& options);
int run_discover(const Options& options);

// What these commands print with --output json where the command line itself is wrong: whoever reads them
// expects one line of that form. `command`: "apply" or "discover".
bool is_host_command(const std::string& command);
std::string host_refusal_json(const std::string& command, const Error& error);

}  // namespace keyturn::cli
