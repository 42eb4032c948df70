#include "setup/secret_settings.h"

#include <fmt/format.h>

#include "rotation/key_rules.h"
#include "sqlserver/integrated_login.h"

namespace keyturn::setup {
namespace {

SecretUse user_secret(const RotationSettings& settings) {
  return {SecretRole::iam_user, settings.iam_user_secret, "the name of the IAM user that backups use",
          "USER"};
}
SecretUse url_secret(const RotationSettings& settings) {
  return {SecretRole::bucket_url, settings.bucket_url_secret, "the URL that backups go to",
          "s3://BUCKET.s3.REGION.amazonaws.com/PATH"};
}
SecretUse login_secret(const RotationSettings& settings) {
  return {SecretRole::sql_user, settings.sql_user_secret, "the SQL login that keyturn uses", "LOGIN"};
}
SecretUse password_secret(const RotationSettings& settings) {
  return {SecretRole::sql_password, settings.sql_password_secret, "that login's password",
          "file://password.txt"};
}

}  // namespace

std::string create_secret_command(const std::string& region, const std::string& secret,
                                  std::string_view example) {
  return fmt::format("`aws secretsmanager create-secret --region {} --name {} --secret-string {}`", region,
                     secret, example);
}

SecretUse credential_secret(const RotationSettings& settings) {
  return {SecretRole::credential, settings.credential_secret, "the access key that backups use",
          "placeholder"};
}

std::vector<SecretUse> secrets_of(const RotationSettings& settings, SqlAuthentication authentication) {
  std::vector<SecretUse> uses{credential_secret(settings)};
  if (settings.iam_user.empty()) uses.push_back(user_secret(settings));
  if (settings.bucket_urls.empty()) uses.push_back(url_secret(settings));
  // Over Systems Manager Linux hosts keep the SQL login.
  if (authentication == SqlAuthentication::sql || settings.fleet.via == FleetWay::ssm) {
    if (settings.sql_user.empty()) uses.push_back(login_secret(settings));
    uses.push_back(password_secret(settings));
  }
  return uses;
}

std::string SecretSettings::store_hint(const SecretUse& use) const {
  return fmt::format(
      "It holds {}: `aws secretsmanager put-secret-value --region {} --secret-id {} --secret-string {}`.",
      use.meaning, aws_.settings().region, use.name, use.example);
}

Error SecretSettings::missing(const SecretUse& use, Error error) const {
  error.message = fmt::format("There is no secret \"{}\" in {}; it holds {}.", use.name,
                              aws_.settings().region, use.meaning);
  const std::string command = create_secret_command(aws_.settings().region, use.name, use.example);
  error.hint =
      use.role == SecretRole::credential
          ? fmt::format("Make it: {}; `keyturn rotate` then puts the first key into it.", command)
          : fmt::format("Make it, as plain text: {}, or name another one in the configuration.", command);
  return error;
}

Result<aws::SecretDescription> SecretSettings::describe(const SecretUse& use) const {
  const auto service = aws_.secrets_manager();
  if (!service) return fail(service.error());
  auto secret = service->describe(use.name);
  if (secret && !secret->deleted_at) return secret;
  if (secret)
    return fail(ErrorKind::usage, fmt::format("The secret \"{}\" is scheduled for deletion.", use.name),
                fmt::format("Keep it: `aws secretsmanager restore-secret --region {} --secret-id {}`.",
                            aws_.settings().region, use.name));
  if (secret.error().kind != ErrorKind::not_found) return secret;
  return fail(missing(use, secret.error()));
}

Result<SecretString> SecretSettings::read_secret(const SecretUse& use) const {
  auto value = aws_.read_secret(use.name);
  if (value) return value;
  Error error = value.error();
  if (error.kind == ErrorKind::not_found) return fail(missing(use, std::move(error)));
  if (error.kind == ErrorKind::usage) error.hint = store_hint(use);
  return fail(std::move(error));
}

// Names have no blanks at their ends, but what was pasted into a secret may have.
Result<std::string> SecretSettings::read_name(const SecretUse& use) const {
  const auto value = read_secret(use);
  if (!value) return fail(value.error());
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::string_view text = value->reveal();
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos)
    return fail(ErrorKind::usage, fmt::format("The secret {} is empty.", use.name), store_hint(use));
  std::string trimmed(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
  // A key in the wrong secret must not end up in an error's text.
  const std::string_view bare = trimmed.starts_with("s3://") ? std::string_view(trimmed).substr(5) : trimmed;
  if (const auto colon = bare.find(':');
      colon != bare.npos && rotation::is_access_key_id(bare.substr(0, colon)))
    return fail(ErrorKind::usage, fmt::format("The secret {} holds what looks like an access key.", use.name),
                fmt::format("It should hold {}; was its name mixed up with credential_secret?", use.meaning));
  return trimmed;
}

Result<std::string> SecretSettings::iam_user(const RotationSettings& settings) const {
  if (!settings.iam_user.empty()) return settings.iam_user;
  return read_name(user_secret(settings));
}

Result<std::vector<aws::S3Url>> SecretSettings::bucket_urls(const RotationSettings& settings) const {
  std::vector<std::string> texts = settings.bucket_urls;
  if (texts.empty()) {
    const auto text = read_name(url_secret(settings));
    if (!text) return fail(text.error());
    texts.push_back(*text);
  }
  std::vector<aws::S3Url> urls;
  for (const std::string& text : texts) {
    auto url = aws::parse_s3_url(text);
    if (!url) {
      Error error = url.error();
      if (settings.bucket_urls.empty())
        error.message = fmt::format("The secret \"{}\": {}", settings.bucket_url_secret, error.message);
      return fail(std::move(error));
    }
    urls.push_back(std::move(*url));
  }
  return urls;
}

Result<sqlserver::SqlLogin> SecretSettings::sql_login(const RotationSettings& settings) const {
  sqlserver::SqlLogin login;
  login.user = settings.sql_user;
  if (login.user.empty()) {
    auto user = read_name(login_secret(settings));
    if (!user) return fail(user.error());
    login.user = std::move(*user);
  }
  auto password = read_secret(password_secret(settings));
  if (!password) return fail(password.error());
  login.password = std::move(*password);
  return login;
}

Result<void> SecretSettings::check(const SecretUse& use) const {
  if (use.role == SecretRole::sql_password) {
    if (const auto password = read_secret(use); !password) return fail(password.error());
  } else if (const auto name = read_name(use); !name) {
    return fail(name.error());
  }
  return {};
}

Result<ResolvedSettings> SecretSettings::resolve(const RotationSettings& settings,
                                                 SqlAuthentication authentication) const {
  ResolvedSettings resolved;
  auto urls = bucket_urls(settings);
  if (!urls) return fail(urls.error());
  resolved.bucket_urls = std::move(*urls);
  auto login =
      authentication == SqlAuthentication::integrated ? sqlserver::integrated_login() : sql_login(settings);
  if (!login) return fail(login.error());
  resolved.login = std::move(*login);
  return resolved;
}

}  // namespace keyturn::setup
