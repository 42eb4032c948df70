// The settings of a rotation that may stand in secrets of their own, as in the blog: read and checked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/aws_context.h"
#include "aws/s3_url.h"
#include "setup/config.h"
#include "sqlserver/sql_session.h"

namespace keyturn::setup {

// What is needed on the way to the targets.
struct ResolvedSettings {
  std::vector<aws::S3Url> bucket_urls;
  sqlserver::SqlLogin login;
};

// A secret of a rotation, and what it is for.
enum class SecretRole { iam_user, bucket_url, credential, sql_user, sql_password };
struct SecretUse {
  SecretRole role;
  std::string name;
  std::string_view meaning;  // "the URL that backups go to"
  std::string_view example;  // a value to type
};
SecretUse credential_secret(const RotationSettings& settings);
// All that the rotation needs, on its hosts too: what the configuration says itself is read from no secret.
std::vector<SecretUse> secrets_of(const RotationSettings& settings, SqlAuthentication authentication);

// Errors name the secret, and say what to type; none holds what stands in a secret.
class SecretSettings {
 public:
  explicit SecretSettings(const aws::AwsContext& aws) : aws_(aws) {}  // must outlive this

  [[nodiscard]] Result<std::string> iam_user(const RotationSettings& settings) const;
  [[nodiscard]] Result<std::vector<aws::S3Url>> bucket_urls(const RotationSettings& settings) const;
  [[nodiscard]] Result<sqlserver::SqlLogin> sql_login(const RotationSettings& settings) const;
  // ErrorKind::usage where it is scheduled for deletion.
  [[nodiscard]] Result<aws::SecretDescription> describe(const SecretUse& use) const;
  // Can it be read, and is there something of the kind in it? Not for the credential secret.
  [[nodiscard]] Result<void> check(const SecretUse& use) const;
  // With integrated authentication no secret of a SQL login is read; ErrorKind::usage on Linux.
  [[nodiscard]] Result<ResolvedSettings> resolve(const RotationSettings& settings,
                                                 SqlAuthentication authentication) const;

 private:
  [[nodiscard]] std::string store_hint(const SecretUse& use) const;
  [[nodiscard]] Error missing(const SecretUse& use, Error error) const;
  [[nodiscard]] Result<SecretString> read_secret(const SecretUse& use) const;
  [[nodiscard]] Result<std::string> read_name(const SecretUse& use) const;

  const aws::AwsContext& aws_;
};

// What to type to make a secret: `aws secretsmanager create-secret …`, in backquotes.
std::string create_secret_command(const std::string& region, const std::string& secret,
                                  std::string_view example);

}  // namespace keyturn::setup
