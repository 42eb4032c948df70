#include <CLI/CLI.hpp>

#include "cli/common_options.h"
#include "cli/host_run.h"

namespace keyturn::cli {

void add_apply(CLI::App& app, Options& options, Handler& handler) {
  CLI::App* command =
      add_command(app, options, handler, "apply", "On a SQL Server's host: set its credentials to a key",
                  "  keyturn apply --check                 look, and change nothing\n"
                  "  keyturn apply --version-id ID --stage current --not-after 2026-01-02T03:04:05Z",
                  run_apply);
  HostOptions& host = options.host;
  const auto text = [&](const char* name, std::string& value, const char* type, const char* description) {
    command->add_option(name, value, description)->type_name(type);
  };
  command->add_flag("--check", host.check, "Only read what the instances hold");
  command->add_flag("--login", host.login,
                    "Change the SQL login's own password to that version of its secret, and no key");
  text("--version-id", host.version_id, "ID", "The version of the secret that holds the key to write");
  text("--stage", host.stage, "pending|current", "Write only while that version has this stage");
  text("--not-after", host.not_after, "DATE", "Write nothing later, by AWS's clock: 2026-01-02T03:04:05Z");
  text("--credential-secret", host.credential_secret, "NAME", "The secret that holds the key");
  text("--bucket-url-secret", host.bucket_url_secret, "NAME", "The secret that holds the bucket's URL");
  text("--sql-user-secret", host.sql_user_secret, "NAME", "The secret that holds the SQL login");
  text("--sql-password-secret", host.sql_password_secret, "NAME", "The secret that holds its password");
  text("--sql-authentication", host.sql_authentication, "sql|integrated",
       "integrated: on Windows, as the account that runs this");
  text("--rotate-login", host.rotate_login, "true|false",
       "true: keyturn rotates that login's password, so its other versions are tried too");
  text("--proof-backup", host.proof_backup, "true|false",
       "true: make a small backup with the key once it is written, and remove its object");
  command->add_option("--bucket-url", host.bucket_urls, "A credential to set; may be given several times")
      ->type_name("URL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--credential-pattern", host.credential_patterns,
                   "Further credentials to set where they exist; may be given several times")
      ->type_name("PATTERN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_common_options(*command, options);
}

}  // namespace keyturn::cli
