// keyturn render: documents for Systems Manager, T-SQL and policies of IAM, printed on stdout.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "base/version.h"
#include "cli/commands.h"
#include "cli/common_options.h"
#include "cli/console.h"
#include "cli/render_cleanup.h"
#include "cli/render_policy.h"
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
  PolicyOptions policy;
  CleanupOptions cleanup;
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

Result<std::string> render_rights(const Options& options, const RenderOptions& chosen,
                                  const setup::Config& config, const setup::RotationSettings& rotation) {
  PolicyOptions policy = chosen.policy;
  policy.package_url = chosen.command.package_url;
  policy.windows_package_url = chosen.command.windows_package_url;
  return render_policy(options, policy, config, rotation);
}

Result<std::string> render_way_out(const Options& options, const RenderOptions& chosen,
                                   const setup::Config& config, const setup::RotationSettings& rotation) {
  CleanupOptions cleanup = chosen.cleanup;
  cleanup.backup_user = chosen.policy.user;
  return render_cleanup(options, cleanup, chosen.automation, config, rotation);
}

const std::vector<Document>& documents() {
  static const std::vector<Document> all{
      {"ssm-command",
       {"--package-url", "--package-sha256", "--windows-package-url", "--windows-package-sha256"},
       render_command},
      {"ssm-automation", {"--rotate-function", "--update-function", "--assume-role"}, render_automation},
      {"sql-login", {"--account", "--drop", "--proof-backup"}, render_login},
      {"policy",
       {"ROLE", "--aws-account", "--backup-user", "--user-path", "--bucket-url", "--kms-key", "--functions",
        "--vpc", "--restore", "--explain", "--package-url", "--windows-package-url"},
       render_rights},
      {"cleanup",
       {"--installed", "--stack", "--backup-user", "--rotate-function", "--update-function"},
       render_way_out}};
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

bool has_option(const Document& document, const std::string& name) {
  return std::find(document.options.begin(), document.options.end(), name) != document.options.end();
}

// An option of another document is refused rather than ignored.
void check_options(const CLI::App& command, const RenderOptions& chosen) {
  const Document& own = document_named(chosen.document);
  for (const Document& document : documents())
    for (const char* name : document.options)
      if (!has_option(own, name) && command.count(name) > 0)
        throw CLI::ValidationError(
            fmt::format("{} is an option of `keyturn render {}`", name, document.name));
  if (has_option(own, "ROLE") && chosen.policy.role.empty())
    throw CLI::ValidationError(
        fmt::format("Whose policy? `keyturn render policy {}`", fmt::join(policy_roles(), "|")));
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
  command
      .add_flag("--proof-backup", login.proof_backup, "Also what a backup of master needs, for proof_backup")
      ->group("sql-login");
}

void add_policy_options(CLI::App& command, PolicyOptions& policy) {
  command.add_option("ROLE", policy.role, "Of policy: whose")
      ->type_name(fmt::format("{}", fmt::join(policy_roles(), "|")))
      ->check(CLI::IsMember(policy_roles()));
  const auto add = [&](const char* name, auto& value, const char* type, const char* description) {
    command.add_option(name, value, description)->type_name(type)->group("policy");
  };
  const auto add_flag = [&](const char* name, bool& value, const char* description) {
    command.add_flag(name, value, description)->group("policy");
  };
  add("--aws-account", policy.account, "ID", "The AWS account, of controller and host");
  add("--backup-user", policy.user, "NAME", "The IAM user, where the configuration leaves it to a secret");
  add("--user-path", policy.user_path, "PATH", "That user's path. Default: /");
  add("--bucket-url", policy.bucket_urls, "URL",
      "Of backup-user: where backups go, where the configuration leaves it to a secret");
  add("--kms-key", policy.kms_key, "ARN", "The KMS key that encrypts the secrets. Default: AWS's own");
  add("--functions", policy.functions, "NAME",
      "Of controller: keyturn runs in Lambda, in functions whose names begin so");
  add_flag("--vpc", policy.vpc, "Of controller: in a network of their own");
  add_flag("--restore", policy.restore, "Of backup-user: SQL Server restores with the same key");
  add_flag("--explain", policy.explain, "As JSON with what needs each statement, and why");
}

void add_cleanup_options(CLI::App& command, CleanupOptions& cleanup) {
  const std::vector<std::string> ways{"stack", "terraform", "hand"};
  command
      .add_option(
          "--installed", cleanup.installed,
          "How keyturn was put into the account. Default: stack; hand where servers are reached directly")
      ->type_name(fmt::format("{}", fmt::join(ways, "|")))
      ->check(CLI::IsMember(ways))
      ->group("cleanup");
  command.add_option("--stack", cleanup.stack, "The stack, and what is named after it. Default: keyturn")
      ->type_name("NAME")
      ->group("cleanup");
}

}  // namespace

void add_render(CLI::App& app, Options& options, Handler& handler) {
  const auto chosen = std::make_shared<RenderOptions>();
  CLI::App* command = app.add_subcommand(
      "render", "Print a document for Systems Manager, T-SQL, a policy of IAM, or the way out");
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
  add_policy_options(*command, chosen->policy);
  add_cleanup_options(*command, chosen->cleanup);
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
      "  keyturn render policy controller --aws-account 111122223333 > policy.json\n"
      "  keyturn render cleanup                    what to do by hand to take keyturn out again, in order\n"
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
