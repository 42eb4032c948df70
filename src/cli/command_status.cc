#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/runner.h"

namespace keyturn::cli {

void add_status(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command =
      add_command(app, options, handler, "status", "Show keys, stages, targets and laggards; changes nothing",
                  "  keyturn status\n"
                  "  keyturn status --output json | jq '.rotations[].laggards'",
                  [](const Options& chosen) {
                    return run_plans(chosen, rotation::Command::reconcile, PlanView::status);
                  });
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
