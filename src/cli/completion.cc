#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace keyturn::cli {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('|', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Within single quotes.
std::string quoted(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\'' ? "'\\''" : std::string(1, c);
  return "'" + safe + "'";
}

// zsh's _arguments reads brackets and colons itself.
std::string zsh_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string first_sentence(const std::string& text) { return text.substr(0, text.find(". ")); }

OptionModel model_of(const CLI::Option& option) {
  OptionModel model;
  model.name = option.get_lnames().empty() ? "" : "--" + option.get_lnames().front();
  model.description = first_sentence(option.get_description());
  model.takes_value = option.get_expected_max() > 0;
  model.takes_file = option.get_type_name() == "FILE";
  if (option.get_type_name().find('|') != std::string::npos) model.choices = split(option.get_type_name());
  return model;
}

// All options of all commands by name; the same name means the same everywhere.
std::map<std::string, OptionModel> all_options(const std::vector<CommandModel>& commands) {
  std::map<std::string, OptionModel> options;
  for (const CommandModel& command : commands)
    for (const OptionModel& option : command.options) options.emplace(option.name, option);
  return options;
}

std::vector<std::string> names_of(const std::vector<CommandModel>& commands) {
  std::vector<std::string> names;
  for (const CommandModel& command : commands) names.push_back(command.name);
  return names;
}

}  // namespace

std::vector<CommandModel> model_of(const CLI::App& app) {
  std::vector<CommandModel> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    CommandModel model{command->get_name(), command->get_description(), {}, {}};
    for (const CLI::Option* option : command->get_options()) {
      OptionModel part = model_of(*option);
      if (option->get_positional())
        model.operands.insert(model.operands.end(), part.choices.begin(), part.choices.end());
      else
        model.options.push_back(std::move(part));
    }
    commands.push_back(std::move(model));
  }
  return commands;
}

std::string bash_completion(const std::vector<CommandModel>& commands) {
  std::string script =
      "# bash completion of keyturn. To have it: source <(keyturn completion bash)\n"
      "_keyturn() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= w\n"
      "  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n";
  script += fmt::format("    case $w in {}) command=$w; break ;; esac\n  done\n",
                        fmt::join(names_of(commands), "|"));
  script += "  case $before in\n";
  for (const auto& [name, option] : all_options(commands)) {
    if (!option.choices.empty())
      script += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", name,
                            fmt::join(option.choices, " "));
    else if (option.takes_file)
      script += fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", name);
    else if (option.takes_value)
      script += fmt::format("    {}) return ;;\n", name);
  }
  script += "  esac\n  case $command in\n";
  for (const CommandModel& command : commands) {
    std::vector<std::string> words = command.operands;
    for (const OptionModel& option : command.options) words.push_back(option.name);
    script += fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n", command.name,
                          fmt::join(words, " "));
  }
  script += fmt::format("    *) COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\")) ;;\n",
                        fmt::join(names_of(commands), " "));
  return script + "  esac\n}\ncomplete -F _keyturn keyturn\n";
}

std::string zsh_completion(const std::vector<CommandModel>& commands) {
  std::string script =
      "#compdef keyturn\n"
      "# zsh completion of keyturn. To have it: keyturn completion zsh > FOLDER_OF_FPATH/_keyturn\n"
      "_keyturn() {\n"
      "  local -a commands\n  commands=(\n";
  for (const CommandModel& command : commands)
    script += fmt::format("    {}\n", quoted(command.name + ":" + zsh_text(command.description)));
  script +=
      "  )\n"
      "  if (( CURRENT == 2 )); then _describe command commands; return; fi\n"
      "  case $words[2] in\n";
  for (const CommandModel& command : commands) {
    script += fmt::format("    {}) _arguments", command.name);
    for (const OptionModel& option : command.options) {
      std::string value;
      if (!option.choices.empty())
        value = fmt::format(":value:({})", fmt::join(option.choices, " "));
      else if (option.takes_file)
        value = ":file:_files";
      else if (option.takes_value)
        value = ":value:";
      script += " \\\n      " + quoted(option.name + "[" + zsh_text(option.description) + "]" + value);
    }
    if (!command.operands.empty())
      script += " \\\n      " + quoted(fmt::format("2::word:({})", fmt::join(command.operands, " ")));
    script += " ;;\n";
  }
  // A file of fpath is the first call itself. One that is sourced only says what the function is for.
  return script +
         "  esac\n}\n"
         "if [[ $funcstack[1] == _keyturn ]]; then _keyturn; else compdef _keyturn keyturn; fi\n";
}

std::string fish_completion(const std::vector<CommandModel>& commands) {
  std::string script =
      "# fish completion of keyturn. To have it: keyturn completion fish > "
      "~/.config/fish/completions/keyturn.fish\n"
      "complete -c keyturn -f\n";
  for (const CommandModel& command : commands) {
    script += fmt::format("complete -c keyturn -n __fish_use_subcommand -a {} -d {}\n", command.name,
                          quoted(command.description));
    const std::string here = fmt::format("-n '__fish_seen_subcommand_from {}'", command.name);
    for (const OptionModel& option : command.options) {
      if (option.name.size() < 3) continue;
      script += fmt::format("complete -c keyturn {} -l {} -d {}", here, option.name.substr(2),
                            quoted(option.description));
      if (!option.choices.empty())
        script += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
      else if (option.takes_file)
        script += " -r -F";
      else if (option.takes_value)
        script += " -x";
      script += "\n";
    }
    if (!command.operands.empty())
      script += fmt::format("complete -c keyturn {} -a '{}'\n", here, fmt::join(command.operands, " "));
  }
  return script;
}

std::string powershell_completion(const std::vector<CommandModel>& commands) {
  const auto list = [](const std::vector<std::string>& words) {
    return words.empty() ? std::string("@()") : fmt::format("@('{}')", fmt::join(words, "', '"));
  };
  std::string script =
      "# PowerShell completion of keyturn. To have it: keyturn completion powershell | Out-String | "
      "Invoke-Expression\n"
      "Register-ArgumentCompleter -Native -CommandName 'keyturn', 'keyturn.exe' -ScriptBlock {\n"
      "  param($word, $line, $position)\n"
      "  $commands = [ordered] @{\n";
  for (const CommandModel& command : commands) {
    std::vector<std::string> words = command.operands;
    for (const OptionModel& option : command.options) words.push_back(option.name);
    script += fmt::format("    '{}' = {}\n", command.name, list(words));
  }
  script += "  }\n  $values = @{\n";
  for (const auto& [name, option] : all_options(commands))
    // Nothing offered: PowerShell then offers files.
    if (option.takes_value) script += fmt::format("    '{}' = {}\n", name, list(option.choices));
  return script +
         "  }\n"
         "  $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } |\n"
         "    ForEach-Object { $_.ToString() })\n"
         "  $command = $words | Where-Object { $commands.Contains($_) } | Select-Object -First 1\n"
         "  $offered = if ($words.Count -gt 1 -and $values.ContainsKey($words[-1])) { $values[$words[-1]] }\n"
         "    elseif ($command) { $commands[$command] }\n"
         "    else { @($commands.Keys) + '--help', '--version' }\n"
         "  $offered | Where-Object { $_ -like \"$word*\" } |\n"
         "    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n"
         "}\n";
}

}  // namespace keyturn::cli
