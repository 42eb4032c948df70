#include "cli/host_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "setup/similar.h"
#include "sqlserver/integrated_login.h"

namespace keyturn::cli {
namespace {

using rotation::Stage;
using setup::RotationSettings;

bool has_only(std::string_view text, std::size_t longest, std::string_view extra) {
  return text.size() <= longest && std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  extra.find(c) != extra.npos;
         });
}

Result<void> check_secret_names(const HostOptions& options) {
  for (const std::string& name : {options.credential_secret, options.bucket_url_secret,
                                  options.sql_user_secret, options.sql_password_secret})
    if (!has_only(name, 512, "/_+=.@-:"))
      return fail(ErrorKind::usage, "An option that names a secret holds what can't be a secret's name.",
                  "Give its name or ARN: letters, digits and /_+=.@-");
  return {};
}

std::vector<std::string> without_empty(std::vector<std::string> texts) {
  std::erase(texts, "");
  return texts;
}

Result<RotationSettings> base_rotation(const setup::Config& config, const HostOptions& options,
                                       const std::string& name) {
  const auto& rotations = config.rotations;
  const auto found = std::find_if(rotations.begin(), rotations.end(), [&](const RotationSettings& each) {
    return name.empty() ? each.credential_secret == options.credential_secret : each.name == name;
  });
  if (found != rotations.end()) return *found;
  if (!name.empty()) {
    std::vector<std::string> names;
    names.reserve(rotations.size());
    for (const RotationSettings& each : rotations) names.push_back(each.name);
    const std::string meant = setup::most_similar(name, names);
    return fail(ErrorKind::usage, fmt::format("The configuration has no rotation \"{}\".", name),
                meant.empty() ? "" : fmt::format("Did you mean \"{}\"?", meant));
  }
  if (!options.credential_secret.empty()) return RotationSettings{};
  if (rotations.size() == 1) return rotations.front();
  return fail(ErrorKind::usage, "The configuration has several rotations.",
              "Choose one with --rotation or --credential-secret.");
}

}  // namespace

Result<HostOrder> host_order(const HostOptions& options) {
  if (options.check && options.login)
    return fail(ErrorKind::usage, "--check changes nothing, and --login changes a password.",
                "Give one of them.");
  HostOrder order;
  order.is_look = options.check;
  order.is_login = options.login;
  if (options.check) return order;
  if (options.version_id.empty() || options.stage.empty() || options.not_after.empty())
    return fail(ErrorKind::usage, "--version-id, --stage and --not-after are needed to write a key.",
                "To look only, and change nothing: keyturn apply --check.");
  if (!has_only(options.version_id, 64, "-_"))
    return fail(ErrorKind::usage, "--version-id is not the id of a secret's version.",
                "`aws secretsmanager list-secret-version-ids` lists them.");
  order.version = options.version_id;
  if (options.stage != "pending" && options.stage != "current")
    return fail(ErrorKind::usage,
                fmt::format("--stage can't be \"{}\"; allowed: pending, current.", options.stage));
  order.stage = options.stage == "pending" ? Stage::pending : Stage::current;
  const auto not_after = parse_iso8601(options.not_after);
  if (!not_after)
    return fail(ErrorKind::usage, "--not-after is not a date and time.",
                "Write it as 2026-01-02T03:04:05Z, in UTC.");
  order.not_after = *not_after;
  if (!options.proof_backup.empty() && options.proof_backup != "true" && options.proof_backup != "false")
    return fail(ErrorKind::usage,
                fmt::format("--proof-backup can't be \"{}\"; allowed: true, false.", options.proof_backup));
  order.prove_backup = options.proof_backup == "true" && !order.is_login;
  return order;
}

Result<RotationSettings> host_rotation(const setup::Config& config, const HostOptions& options,
                                       const std::string& rotation) {
  if (const auto checked = check_secret_names(options); !checked) return fail(checked.error());
  auto chosen = base_rotation(config, options, rotation);
  if (!chosen) return chosen;
  const auto take = [](std::string& setting, const std::string& given) {
    if (!given.empty()) setting = given;
  };
  take(chosen->credential_secret, options.credential_secret);
  take(chosen->bucket_url_secret, options.bucket_url_secret);
  take(chosen->sql_user_secret, options.sql_user_secret);
  if (!options.bucket_url_secret.empty()) chosen->bucket_urls.clear();
  if (!options.sql_user_secret.empty()) chosen->sql_user.clear();
  take(chosen->sql_password_secret, options.sql_password_secret);
  if (auto urls = without_empty(options.bucket_urls); !urls.empty()) {
    for (std::string& url : urls) {
      auto normal = setup::normal_bucket_url(url);
      if (!normal) return fail(normal.error());
      url = std::move(*normal);
    }
    chosen->bucket_urls = std::move(urls);
  }
  if (auto patterns = without_empty(options.credential_patterns); !patterns.empty()) {
    for (const std::string& pattern : patterns)
      if (!pattern.starts_with("s3://") || pattern.size() < 6 || pattern.size() > 128)
        return fail(
            ErrorKind::usage, "--credential-pattern is not the name of a credential.",
            "It begins with s3:// and has 128 characters at most; a * at its end stands for any rest.");
    chosen->credential_patterns = std::move(patterns);
  }
  return chosen;
}

Result<void> take_authentication(const HostOptions& options, setup::SqlSettings& sql) {
  if (!options.rotate_login.empty() && options.rotate_login != "true" && options.rotate_login != "false")
    return fail(ErrorKind::usage,
                fmt::format("--rotate-login can't be \"{}\"; allowed: true, false.", options.rotate_login));
  if (!options.rotate_login.empty()) sql.rotate_login = options.rotate_login == "true";
  if (options.sql_authentication.empty()) return {};
  const auto given = setup::authentication_of(options.sql_authentication);
  if (!given)
    return fail(ErrorKind::usage,
                fmt::format("--sql-authentication can't be \"{}\"; allowed: sql, integrated.",
                            options.sql_authentication));
  if (*given == setup::SqlAuthentication::integrated)
    if (const auto login = sqlserver::integrated_login(); !login) return fail(login.error());
  sql.authentication = *given;
  return {};
}

}  // namespace keyturn::cli
