#include "setup/secret_settings.h"

#include <fmt/format.h>

#include "rotation/key_rules.h"
#include "sqlserver/integrated_login.h"

namespace keyturn::setup {

std::string create_secret_command(const std::string& region, const std::string& secret,
                                  std::string_view example) {
  return fmt::format("`aws secretsmanager create-secret --region {} --name {} --secret-string {}`", region,
                     secret, example);
}

std::string SecretSettings::store_hint(const std::string& name, std::string_view meaning,
                                       std::string_view example) const {
  return fmt::format(
      "It holds {}: `aws secretsmanager put-secret-value --region {} --secret-id {} --secret-string {}`.",
      meaning, aws_.settings().region, name, example);
}

Result<SecretString> SecretSettings::read_secret(const std::string& name, std::string_view meaning,
                                                 std::string_view example) const {
  auto value = aws_.read_secret(name);
  if (value) return value;
  Error error = value.error();
  if (error.kind == ErrorKind::not_found) {
    error.message =
        fmt::format("There is no secret \"{}\" in {}; it holds {}.", name, aws_.settings().region, meaning);
    error.hint = fmt::format("Make it, as plain text: {}, or name another one in the configuration.",
                             create_secret_command(aws_.settings().region, name, example));
  } else if (error.kind == ErrorKind::usage) {
    error.hint = store_hint(name, meaning, example);
  }
  return fail(std::move(error));
}

// Names have no blanks at their ends, but what was pasted into a secret may have.
Result<std::string> SecretSettings::read_name(const std::string& name, std::string_view meaning,
                                              std::string_view example) const {
  const auto value = read_secret(name, meaning, example);
  if (!value) return fail(value.error());
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::string_view text = value->reveal();
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos)
    return fail(ErrorKind::usage, fmt::format("The secret {} is empty.", name),
                store_hint(name, meaning, example));
  std::string trimmed(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
  // A key in the wrong secret must not end up in an error's text.
  const std::string_view bare = trimmed.starts_with("s3://") ? std::string_view(trimmed).substr(5) : trimmed;
  if (const auto colon = bare.find(':');
      colon != bare.npos && rotation::is_access_key_id(bare.substr(0, colon)))
    return fail(ErrorKind::usage, fmt::format("The secret {} holds what looks like an access key.", name),
                fmt::format("It should hold {}; was its name mixed up with credential_secret?", meaning));
  return trimmed;
}

Result<std::string> SecretSettings::iam_user(const RotationSettings& settings) const {
  if (!settings.iam_user.empty()) return settings.iam_user;
  return read_name(settings.iam_user_secret, "the name of the IAM user that backups use", "USER");
}

Result<std::vector<aws::S3Url>> SecretSettings::bucket_urls(const RotationSettings& settings) const {
  std::vector<std::string> texts = settings.bucket_urls;
  if (texts.empty()) {
    const auto text = read_name(settings.bucket_url_secret, "the URL that backups go to",
                                "s3://BUCKET.s3.REGION.amazonaws.com/PATH");
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
    auto user = read_name(settings.sql_user_secret, "the SQL login that keyturn uses", "LOGIN");
    if (!user) return fail(user.error());
    login.user = std::move(*user);
  }
  auto password = read_secret(settings.sql_password_secret, "that login's password", "file://password.txt");
  if (!password) return fail(password.error());
  login.password = std::move(*password);
  return login;
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
