#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/runner.h"

namespace keyturn::cli {

void add_rollback(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command =
      add_command(app, options, handler, "rollback",
                  "Give up the rotation under way: AWSCURRENT goes back on every target",
                  "  keyturn rollback\n"
                  "  keyturn plan rollback        what it would do",
                  [](const Options& chosen) { return run_rotations(chosen, rotation::Command::rollback); });
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
