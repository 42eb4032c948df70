#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/runner.h"

namespace keyturn::cli {

void add_reconcile(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command = add_command(
      app, options, handler, "reconcile", "Do whatever is due: for schedules",
      "  keyturn reconcile\n"
      "  keyturn reconcile --output json --log-format json    for a scheduler that collects both\n"
      "  keyturn reconcile --wait 1h                          until the laggards are back",
      [](const Options& chosen) { return run_rotations(chosen, rotation::Command::reconcile); });
  add_wait_option(*command, options);
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
