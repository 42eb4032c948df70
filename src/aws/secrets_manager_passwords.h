// login::PasswordStore and login::PasswordSource over Secrets Manager, for one secret whose value is a
// password as plain text.
#pragma once

#include "aws/secrets_manager.h"
#include "login/ports.h"

namespace keyturn::aws {

// Thread-safe.
class SecretsManagerPasswords final : public login::PasswordStore, public login::PasswordSource {
 public:
  SecretsManagerPasswords(SecretsManager secrets, std::string secret)
      : secrets_(std::move(secrets)), secret_(std::move(secret)) {}

  Result<rotation::SecretState> observe() override;
  Result<void> put_pending(const login::VersionId& token, const SecretString& password,
                           TimePoint not_after) override;
  Result<void> promote(const login::VersionId& from, const login::VersionId& to,
                       TimePoint not_after) override;
  Result<void> drop_pending(const login::VersionId& version, TimePoint not_after) override;

  Result<std::optional<login::Password>> at(login::Stage stage) override;

 private:
  const SecretsManager secrets_;
  const std::string secret_;
};

}  // namespace keyturn::aws
