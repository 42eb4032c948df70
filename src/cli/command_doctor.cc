#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/runner.h"

namespace keyturn::cli {

void add_doctor(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command = add_command(
      app, options, handler, "doctor",
      "Check every precondition, from credentials to each server, and say how to mend it; changes nothing",
      "  keyturn doctor\n"
      "  keyturn doctor --rotation payroll\n"
      "  keyturn doctor --output json | jq '.groups[].findings[] | select(.verdict != \"ok\")'\n"
      "\nExit status: 0 nothing failed (warnings may be there), 1 something failed, 2 bad usage or "
      "configuration.",
      [](const Options& chosen) { return run_doctor(chosen); });
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
