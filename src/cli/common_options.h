// What every subcommand's options have in common.
#pragma once

#include <string>

#include "cli/commands.h"

namespace keyturn::cli {

// A subcommand with the common options, examples below its help, and `run` as what it does.
CLI::App* add_command(CLI::App& app, Options& options, Handler& handler, const std::string& name,
                      const std::string& description, const std::string& examples, Handler run);

// The same options; for commands that contact AWS.
void add_common_options(CLI::App& command, Options& options);

// --compromised
void add_compromised_option(CLI::App& command, Options& options);

// --wait DURATION
void add_wait_option(CLI::App& command, Options& options);

}  // namespace keyturn::cli
