#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/host_run.h"

namespace keyturn::cli {

void add_discover(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command = add_command(app, options, handler, "discover",
                                  "On a SQL Server's host: list its instances; contacts neither AWS nor them",
                                  "  keyturn discover\n"
                                  "  keyturn discover --output json | jq '.instances[].name'",
                                  run_discover);
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
