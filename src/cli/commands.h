// The subcommands: each has a file of its own that declares its options and says what it runs.
#pragma once

#include <functional>

#include "cli/options.h"

namespace CLI {
class App;
}

namespace keyturn::cli {

// Runs the command that was chosen; the exit status of the program.
using Handler = std::function<int(const Options&)>;

// Each adds one subcommand that fills `options` and sets `handler` when it is chosen.
void add_rotate(CLI::App& app, Options& options, Handler& handler);
void add_reconcile(CLI::App& app, Options& options, Handler& handler);
void add_plan(CLI::App& app, Options& options, Handler& handler);
void add_status(CLI::App& app, Options& options, Handler& handler);
void add_doctor(CLI::App& app, Options& options, Handler& handler);
void add_rollback(CLI::App& app, Options& options, Handler& handler);
void add_render(CLI::App& app, Options& options, Handler& handler);
void add_apply(CLI::App& app, Options& options, Handler& handler);
void add_discover(CLI::App& app, Options& options, Handler& handler);
void add_lambda(CLI::App& app, Options& options, Handler& handler);
void add_completion(CLI::App& app, Options& options, Handler& handler);

}  // namespace keyturn::cli
