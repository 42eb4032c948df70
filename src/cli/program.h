// The program: its command line, and what becomes of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace keyturn::cli {

// The whole command line; fills `options` and `handler`.
std::unique_ptr<CLI::App> make_command_line(Options& options, Handler& handler);

// Runs the program and answers its exit status (rotation::Outcome).
int run_program(int argc, const char* const* argv);

}  // namespace keyturn::cli
