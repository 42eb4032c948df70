// Completion scripts for shells, made from the command line itself so that they can't fall behind it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace keyturn::cli {

struct OptionModel {
  std::string name;  // "--output"
  std::string description;
  std::vector<std::string> choices;  // of its value, where they are few
  bool takes_value = false;
  bool takes_file = false;
};

struct CommandModel {
  std::string name;
  std::string description;
  std::vector<OptionModel> options;
  std::vector<std::string> operands;  // words that may stand after it: "rollback" after "plan"
};

std::vector<CommandModel> model_of(const CLI::App& app);

std::string bash_completion(const std::vector<CommandModel>& commands);
std::string zsh_completion(const std::vector<CommandModel>& commands);
std::string fish_completion(const std::vector<CommandModel>& commands);
std::string powershell_completion(const std::vector<CommandModel>& commands);

}  // namespace keyturn::cli
