#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/completion.h"
#include "cli/program.h"

namespace keyturn::cli {
namespace {

int print_completion(const Options& options) {
  Options unused;
  Handler none;
  const auto commands = model_of(*make_command_line(unused, none));
  const std::string script = options.shell == "bash"  ? bash_completion(commands)
                             : options.shell == "zsh" ? zsh_completion(commands)
                                                      : fish_completion(commands);
  return write_all(STDOUT_FILENO, script) ? 0 : 1;
}

}  // namespace

void add_completion(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", options.shell, "The shell")
      ->required()
      ->type_name("bash|zsh|fish")
      ->check([](const std::string& shell) {
        const bool known = shell == "bash" || shell == "zsh" || shell == "fish";
        return known ? "" : "\"" + shell + "\" is not known; allowed: bash, zsh, fish";
      });
  command->footer(
      "Examples:\n"
      "  source <(keyturn completion bash)\n"
      "  keyturn completion zsh > ~/.zfunc/_keyturn\n"
      "  keyturn completion fish > ~/.config/fish/completions/keyturn.fish");
  command->callback([&options, &handler] {
    options.command = "completion";
    handler = print_completion;
  });
}

}  // namespace keyturn::cli
