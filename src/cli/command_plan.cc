#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/runner.h"

namespace keyturn::cli {

void add_plan(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command =
      add_command(app, options, handler, "plan", "Show what a run would do, and why; changes nothing",
                  "  keyturn plan                 what `keyturn rotate` would do\n"
                  "  keyturn plan reconcile\n"
                  "  keyturn plan --compromised   … for a leaked key, and which backups that costs\n"
                  "  keyturn plan rollback --output json",
                  [](const Options& chosen) { return run_plans(chosen, chosen.planned, PlanView::plan); });
  const auto read = [&options](const std::string& word) {
    for (const auto planned :
         {rotation::Command::rotate, rotation::Command::reconcile, rotation::Command::rollback}) {
      if (word != to_string(planned)) continue;
      options.planned = planned;
      return;
    }
    throw CLI::ValidationError("COMMAND",
                               "\"" + word + "\" can't be planned; allowed: rotate, reconcile, rollback");
  };
  command->add_option_function<std::string>("COMMAND", read, "The command to plan. Default: rotate")
      ->type_name("rotate|reconcile|rollback");
  add_compromised_option(*command, options);
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
