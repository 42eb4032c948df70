// keyturn render: documents for Systems Manager and T-SQL, printed on stdout.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/render_sql_login.h"
#include "render/ssm_automation.h"
#include "render/ssm_command.h"
#include "report/report.h"
#include "setup/config.h"

namespace keyturn::cli {
namespace {

struct RenderOptions {
  std::string document;
  render::SsmCommandSettings command;
  render::SsmAutomationSettings automation;
  SqlLoginOptions login;
};

// One document: its name, and the options that are of it alone.
struct Document {
  const char* name;
  std::vector<const char*> options;
  Result<std::string> (*render)(const Options& options, const RenderOptions& chosen,
                                const setup::Config& config, const setup::RotationSettings& rotation);
};

Result<std::string> render_command(const Options&, const RenderOptions& chosen, const setup::Config& config,
                                   const setup::RotationSettings& rotation) {
  render::SsmCommandSettings settings = chosen.command;
  settings.credential_secret = rotation.credential_secret;
  settings.bucket_url_secret = rotation.bucket_url_secret;
  settings.sql_user_secret = rotation.sql_user_secret;
  settings.sql_password_secret = rotation.sql_password_secret;
  settings.integrated = config.sql.authentication == setup::SqlAuthentication::integrated;
  return render::ssm_command_document(settings);
}

Result<std::string> render_automation(const Options&, const RenderOptions& chosen, const setup::Config&,
                                      const setup::RotationSettings&) {
  return render::ssm_automation_document(chosen.automation);
}

Result<std::string> render_login(const Options& options, const RenderOptions& chosen,
                                 const setup::Config& config, const setup::RotationSettings& rotation) {
  return render_sql_login(options, chosen.login, config, rotation);
}

const std::vector<Document>& documents() {
  static const std::vector<Document> all{
      {"ssm-command",
       {"--package-url", "--package-sha256", "--windows-package-url", "--windows-package-sha256"},
       render_command},
      {"ssm-automation", {"--rotate-function", "--update-function", "--assume-role"}, render_automation},
      {"sql-login", {"--account", "--drop"}, render_login}};
  return all;
}

const Document& document_named(const std::string& name) {
  return *std::find_if(documents().begin(), documents().end(),
                       [&](const Document& d) { return d.name == name; });
}

// The rotation whose names the document is to have.
Result<setup::RotationSettings> chosen_rotation(const Options& options, const setup::Config& config) {
  std::string names;
  for (const setup::RotationSettings& rotation : config.rotations) {
    if (rotation.name == options.rotation || (options.rotation.empty() && config.rotations.size() == 1))
      return rotation;
    names += (names.empty() ? "" : ", ") + rotation.name;
  }
  if (options.rotation.empty())
    return fail(ErrorKind::usage, "The configuration has several rotations, and a document is of one.",
                fmt::format("Choose it with --rotation: {}.", names));
  return fail(ErrorKind::usage, fmt::format("The configuration has no rotation \"{}\".", options.rotation),
              fmt::format("It has: {}.", names));
}

Result<std::string> rendered(const Options& options, const RenderOptions& chosen) {
  const auto config = setup::load_config(options.config, aws::process_environment());
  if (!config) return fail(config.error());
  const auto rotation = chosen_rotation(options, *config);
  if (!rotation) return fail(rotation.error());
  return document_named(chosen.document).render(options, chosen, *config, *rotation);
}

int print_document(const Options& options, const RenderOptions& chosen) {
  const auto text = rendered(options, chosen);
  if (text) return write_all(kStdout, *text) ? 0 : int(rotation::Outcome::failed);
  const report::SetupErrors errors{{"", text.error()}};
  const auto style = style_for(kStderr, options.color, aws::process_environment());
  write_all(kStderr, report::error_text(errors, style));
  if (options.output == OutputFormat::json)
    write_all(kStdout, report::error_json({options.command, program_version()}, errors));
  return int(report::outcome_of(errors));
}

std::string document_names(const char* between) {
  std::string names;
  for (const Document& document : documents())
    names += (names.empty() ? "" : between) + std::string(document.name);
  return names;
}

// An option of another document is refused rather than ignored.
void check_options(const CLI::App& command, const RenderOptions& chosen) {
  for (const Document& document : documents())
    for (const char* name : document.options)
      if (chosen.document != document.name && command.count(name) > 0)
        throw CLI::ValidationError(
            fmt::format("{} is an option of `keyturn render {}`", name, document.name));
}

void add_command_options(CLI::App& command, render::SsmCommandSettings& settings) {
  const auto add = [&](const char* name, std::string& value, const char* type, const char* description) {
    command.add_option(name, value, description)->type_name(type)->group("ssm-command");
  };
  add("--package-url", settings.package_url, "URL",
      "Where Linux hosts without keyturn fetch it from, s3:// or https://, a .zip or .tar.gz");
  add("--package-sha256", settings.package_sha256, "HEX", "The SHA-256 that this package must have");
  add("--windows-package-url", settings.windows_package_url, "URL",
      "Where Windows hosts without keyturn fetch it from, s3:// or https://, an .exe");
  add("--windows-package-sha256", settings.windows_package_sha256, "HEX",
      "The SHA-256 that this .exe must have");
}

void add_automation_options(CLI::App& command, render::SsmAutomationSettings& settings) {
  const auto add = [&](const char* name, std::string& value, const char* type, const char* description) {
    command.add_option(name, value, description)->type_name(type)->group("ssm-automation");
  };
  add("--rotate-function", settings.rotate_function, "NAME",
      "The Lambda function that makes a key. Default: SQL-Credentials-RotateCreds");
  add("--update-function", settings.update_function, "NAME",
      "The Lambda function that puts it on the servers. Default: SQL-Credentials-UpdateCreds");
  add("--assume-role", settings.assume_role, "ARN",
      "The role that the automation acts with. Default: whoever starts it names one");
}

void add_login_options(CLI::App& command, SqlLoginOptions& login) {
  command
      .add_option("--account", login.account, "The script for this Windows account, which has no password")
      ->type_name("DOMAIN\\NAME")
      ->group("sql-login");
  command.add_flag("--drop", login.drop, "The script that takes the login away")->group("sql-login");
}

}  // namespace

void add_render(CLI::App& app, Options& options, Handler& handler) {
  const auto chosen = std::make_shared<RenderOptions>();
  CLI::App* command = app.add_subcommand("render", "Print a document for Systems Manager, or T-SQL");
  command->add_option("DOCUMENT", chosen->document, "The document")
      ->required()
      ->type_name(document_names("|"))
      ->check([](const std::string& name) {
        const auto& all = documents();
        const bool known =
            std::any_of(all.begin(), all.end(), [&](const Document& d) { return d.name == name; });
        return known ? "" : fmt::format("\"{}\" is not known; allowed: {}", name, document_names(", "));
      });
  add_command_options(*command, chosen->command);
  add_automation_options(*command, chosen->automation);
  add_login_options(*command, chosen->login);
  add_common_options(*command, options);
  command->footer(
      "Examples:\n"
      "  keyturn render ssm-command --package-url s3://tools/keyturn.zip --package-sha256 6b86... > "
      "command.json\n"
      "  aws ssm create-document --name SQL-Credentials-UpdateCreds --document-type Command \\\n"
      "      --content file://command.json --target-type /AWS::EC2::Instance\n"
      "  keyturn render ssm-automation --assume-role arn:aws:iam::111122223333:role/AmazonSSMAutomationRole "
      "> automation.json\n"
      "  aws ssm create-document --name SQL-Credentials-Automation --document-type Automation \\\n"
      "      --content file://automation.json\n"
      "  keyturn render sql-login > login.sql\n"
      "  sqlcmd -S HOST -E -b -i login.sql\n"
      "\nWhere the documents exist already: `aws ssm update-document --document-version '$LATEST'`, then\n"
      "`aws ssm update-document-default-version` (docs/from-the-blog.md).");
  command->callback([&options, &handler, command, chosen] {
    check_options(*command, *chosen);
    chosen->automation.rotation = options.rotation;
    options.command = "render";
    handler = [chosen](const Options& all) { return print_document(all, *chosen); };
  });
}

}  // namespace keyturn::cli
