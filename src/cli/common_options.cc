#include "cli/common_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <utility>
#include <vector>

#include "base/path.h"
#include "cli/host_paths.h"
#include "setup/similar.h"

namespace keyturn::cli {
namespace {

constexpr const char* kGroup = "Common options";

// An option that takes one of a few words.
template <class Value>
CLI::Option* add_choice(CLI::App& command, const std::string& name, Value& value,
                        std::vector<std::pair<std::string, Value>> choices, const std::string& description) {
  std::vector<std::string> words;
  for (const auto& [word, meaning] : choices) words.push_back(word);
  const auto read = [&value, choices = std::move(choices), words](const std::string& text) {
    for (const auto& [word, meaning] : choices) {
      if (word != text) continue;
      value = meaning;
      return;
    }
    const std::string meant = setup::most_similar(text, words);
    throw CLI::ValidationError(fmt::format("\"{}\" is not known{}; allowed: {}", text,
                                           meant.empty() ? "" : fmt::format(", did you mean \"{}\"?", meant),
                                           fmt::join(words, ", ")));
  };
  const auto reader = [name, read](const std::string& text) {
    try {
      read(text);
    } catch (const CLI::ValidationError& error) {
      throw CLI::ValidationError(name, error.what());
    }
  };
  return command.add_option_function<std::string>(name, reader, description)
      ->type_name(fmt::format("{}", fmt::join(words, "|")))
      ->group(kGroup);
}

}  // namespace

void add_common_options(CLI::App& command, Options& options) {
  command
      .add_option_function<std::string>(
          "--config", [&options](const std::string& file) { options.config = path_of(file); },
          fmt::format("Configuration file, TOML. Default: {} where there is one; an account set up as in the "
                      "blog needs none",
                      usual_configurations()))
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("--rotation", options.rotation, "Only this one of the configuration's rotations")
      ->type_name("NAME")
      ->group(kGroup);
  command.add_option("--region", options.region, "AWS region")->type_name("REGION")->group(kGroup);
  command.add_option("--profile", options.profile, "Profile of the AWS configuration files")
      ->type_name("PROFILE")
      ->group(kGroup);
  add_choice(command, "--output", options.output,
             {{"text", OutputFormat::text}, {"json", OutputFormat::json}}, "Form of the result on stdout");
  add_choice(command, "--log-format", options.log_format,
             {{"text", LogFormat::text}, {"json", LogFormat::json}}, "Form of the log");
  std::vector<std::pair<std::string, std::string>> levels;
  for (const char* level : {"trace", "debug", "info", "warning", "error", "off"})
    levels.emplace_back(level, level);
  add_choice(command, "--log-level", options.log_level, levels,
             "Least level that is logged. Default: info for a log file or with --log-format json, else off");
  command
      .add_option_function<std::string>(
          "--log-file", [&options](const std::string& file) { options.log_file = path_of(file); },
          "Append the log to FILE instead of writing it to stderr")
      ->type_name("FILE")
      ->group(kGroup);
  add_choice(
      command, "--color", options.color,
      {{"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}},
      "Colours. auto: on a terminal, unless NO_COLOR is set");
}

void add_compromised_option(CLI::App& command, Options& options) {
  command.add_flag(
      "--compromised", options.compromised,
      "The old key is in wrong hands: delete it as soon as every target that can be updated holds "
      "the new one. Backups that still run on it fail, and so do those of targets that are away, "
      "until they are reached; there is no way back");
}

void add_wait_option(CLI::App& command, Options& options) {
  const auto read = [&options](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) throw CLI::ValidationError("--wait", duration.error().sentence());
    options.wait = *duration;
  };
  command
      .add_option_function<std::string>("--wait", read,
                                        "Go on until nothing is left to do, grace and quarantine included, "
                                        "or DURATION (90s, 15m, 36h, 7d) is over")
      ->type_name("DURATION");
}

CLI::App* add_command(CLI::App& app, Options& options, Handler& handler, const std::string& name,
                      const std::string& description, const std::string& examples, Handler run) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Examples:\n" + examples +
                  "\n\nExit status: 0 done, 1 failed, 2 bad usage or configuration, 3 incomplete, "
                  "4 blocked,\n5 another run is at work.");
  command->callback([&options, &handler, name, run = std::move(run)] {
    options.command = name;
    handler = run;
  });
  return command;
}

}  // namespace keyturn::cli
