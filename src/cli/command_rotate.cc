#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/runner.h"

namespace keyturn::cli {

void add_rotate(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command = add_command(
      app, options, handler, "rotate", "Rotate the key now, or go on with a rotation under way",
      "  keyturn rotate\n"
      "  keyturn rotate --config prod.toml --rotation payroll\n"
      "  keyturn rotate --compromised    a leaked key: no grace, no quarantine\n"
      "  keyturn rotate --wait 8d --log-file /var/log/keyturn.log    see grace and quarantine through",
      [](const Options& chosen) { return run_rotations(chosen, rotation::Command::rotate); });
  add_compromised_option(*command, options);
  add_wait_option(*command, options);
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
