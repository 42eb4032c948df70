#include "cli/program.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/version.h"
#include "cli/common_options.h"
#include "cli/host_run.h"
#include "cli/process.h"
#include "report/report.h"
#include "setup/similar.h"

namespace keyturn::cli {
namespace {

constexpr const char* kAbout =
    "keyturn rotates the S3 access key that SQL Server fleets back up with, without one failed backup.";

// Every option and subcommand that could stand there, for "did you mean".
std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (app.get_parent() == nullptr) words.push_back(command->get_name());
    const auto inner = words_of(*command);
    words.insert(words.end(), inner.begin(), inner.end());
  }
  return words;
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string message = error.what();
  std::string hint = "`keyturn --help` lists the commands, `keyturn COMMAND --help` their options.";
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::vector<std::string> rest = app.remaining(true);
    const std::string word = rest.empty() ? "" : rest.front();
    const std::string name = word.substr(0, word.find('='));
    message = fmt::format("\"{}\" is not a command or an option of keyturn", name);
    const std::string meant = setup::most_similar(name, words_of(app));
    if (!meant.empty()) hint = fmt::format("Did you mean {}? {}", meant, hint);
  }
  if (!message.empty() && message.back() != '.') message += '.';
  return {ErrorKind::usage, Effect::none, "", message, hint};
}

// AWS Lambda starts the program of a custom runtime by this name, without arguments.
bool is_bootstrap(int argc, const char* const* argv) {
  return argc == 1 && std::filesystem::path(argv[0]).filename() == "bootstrap";
}

// The command line could not be read, so that --output is looked for by hand.
bool wants_json(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--output=json" || (word == "--output" && i + 1 < argc && std::string(argv[i + 1]) == "json"))
      return true;
  }
  return false;
}

int refuse(const Error& error, bool json, const std::string& command) {
  const report::SetupErrors errors{{"", error}};
  write_all(kStderr, report::error_text(
                         errors, style_for(kStderr, ColorChoice::automatic, aws::process_environment())));
  if (json)
    write_all(kStdout, is_host_command(command) ? host_refusal_json(command, error)
                                                : report::error_json({command, program_version()}, errors));
  return int(report::outcome_of(errors));
}

// --help and --version. CLI11 chooses the subcommand whose --help it was.
int tell(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream text, unused;
  app.exit(error, text, unused);
  return write_all(kStdout, text.str()) ? 0 : 1;
}

}  // namespace

std::unique_ptr<CLI::App> make_command_line(Options& options, Handler& handler) {
  auto app = std::make_unique<CLI::App>(kAbout, "keyturn");
  app->get_formatter()->column_width(32);
  app->set_version_flag("--version", std::string(version_text()),
                        "Print the version and what it was built from, and end");
  app->set_help_flag("-h,--help", "Print this help and end");
  app->require_subcommand(0, 1);  // so that a misspelt one is told as such
  add_common_options(*app, options);
  add_rotate(*app, options, handler);
  add_reconcile(*app, options, handler);
  add_plan(*app, options, handler);
  add_status(*app, options, handler);
  add_rollback(*app, options, handler);
  add_doctor(*app, options, handler);
  add_render(*app, options, handler);
  add_apply(*app, options, handler);
  add_discover(*app, options, handler);
  add_lambda(*app, options, handler);
  add_completion(*app, options, handler);
  app->footer(
      "Examples:\n"
      "  keyturn plan        what would be done, and why\n"
      "  keyturn rotate      do it\n"
      "  keyturn status      keys, stages, targets, laggards\n"
      "  keyturn reconcile   for cron: whatever is due\n"
      "  keyturn doctor      is everything there that these need?\n"
      "\nWithout a configuration file keyturn works on an account set up as in the blog: secrets iamuser,\n"
      "sqlcredential, sqluser, sqlpass and bucketurl, and EC2 instances with the tag SQL=2022.");
  return app;
}

int run_program(int argc, const char* const* argv) {
  Options options;
  Handler handler;
  const auto app = make_command_line(options, handler);
  try {
    if (is_bootstrap(argc, argv))
      app->parse("lambda");
    else
      app->parse(argc, argv);
  } catch (const CLI::Success& success) {
    return tell(*app, success);
  } catch (const CLI::ParseError& error) {
    const std::string word = argc > 1 ? argv[1] : "";
    return refuse(usage_error(*app, error), wants_json(argc, argv),
                  is_host_command(word) ? word : options.command);
  }
  if (!handler) {
    write_all(kStderr, app->help());
    return int(rotation::Outcome::bad_usage);
  }
  if (const auto error = check_environment())
    return refuse(*error, options.output == OutputFormat::json, options.command);
  return handler(options);
}

}  // namespace keyturn::cli
