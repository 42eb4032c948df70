
#include <CLI/CLI.hpp>
#include <map>

#include "cli/common_options.h"
#include "cli/completion.h"
#include "cli/program.h"

namespace keyturn::cli {
namespace {

using Completion = std::string (*)(const std::vector<CommandModel>&);

const std::map<std::string, Completion>& shells() {
  static const std::map<std::string, Completion> all{{"bash", bash_completion},
                                                     {"fish", fish_completion},
                                                     {"powershell", powershell_completion},
                                                     {"zsh", zsh_completion}};
  return all;
}

int print_completion(const Options& options) {
  Options unused;
  Handler none;
  const auto commands = model_of(*make_command_line(unused, none));
  const std::string script = shells().at(options.shell)(commands);
  return write_all(kStdout, script) ? 0 : 1;
}

}  // namespace

void add_completion(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", options.shell, "The shell")
      ->required()
      ->type_name("bash|zsh|fish|powershell")
      ->check([](const std::string& shell) {
        return shells().contains(shell)
                   ? ""
                   : "\"" + shell + "\" is not known; allowed: bash, zsh, fish, powershell";
      });
  command->footer(
      "Examples:\n"
      "  source <(keyturn completion bash)\n"
      "  keyturn completion zsh > ~/.zfunc/_keyturn\n"
      "  keyturn completion fish > ~/.config/fish/completions/keyturn.fish\n"
      "  keyturn completion powershell | Out-String | Invoke-Expression");
  command->callback([&options, &handler] {
    options.command = "completion";
    handler = print_completion;
  });
}

}  // namespace keyturn::cli
