// rotation::SecretStore over Secrets Manager, for one secret. A value is "<access key id>:<secret access
// key>".
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "aws/secrets_manager.h"
#include "rotation/ports.h"

namespace keyturn::aws {

// Thread-safe. Remembers which key a version names, since a version's value never changes.
class SecretsManagerStore final : public rotation::SecretStore {
 public:
  SecretsManagerStore(SecretsManager secrets, std::string secret)
      : secrets_(std::move(secrets)), secret_(std::move(secret)) {}

  Result<rotation::SecretState> observe(const std::vector<rotation::KeyId>& keys) override;
  // Where DescribeSecret is denied, as to a host that may only read secrets: from the values of AWSPENDING
  // and AWSCURRENT, without dates, tags and other stages.
  Result<rotation::SecretState> stages() override;
  Result<rotation::KeyPair> read(const rotation::VersionId& version) override;
  Result<void> put_pending(const rotation::VersionId& token, const rotation::KeyPair& pair,
                           TimePoint not_after) override;
  Result<void> promote(const std::optional<rotation::VersionId>& from, const rotation::VersionId& to,
                       TimePoint not_after) override;
  Result<void> drop_pending(const rotation::VersionId& version, TimePoint not_after) override;
  Result<void> write_intent(const rotation::Intent& intent, TimePoint not_after) override;
  Result<void> close_intent(const std::string& run_id, TimePoint not_after) override;

 private:
  using KeyOfVersion = std::optional<rotation::KeyId>;

  Result<rotation::SecretState> stages_of_values();
  Result<void> name_labelled(rotation::SecretState& state, const SecretDescription& description);
  Result<void> name_unlabelled(rotation::SecretState& state, const std::vector<rotation::KeyId>& keys);
  // `stage` may be empty. Nothing: the version has no value (any more), or it holds no access key.
  Result<KeyOfVersion> key_of(const rotation::VersionId& version, const std::string& stage);
  Result<KeyOfVersion> fetch_key_of(const rotation::VersionId& version, const std::string& stage);

  SecretsManager secrets_;
  std::string secret_;
  std::atomic<bool> describe_denied_{false};
  std::mutex mutex_;
  std::map<rotation::VersionId, rotation::KeyId> known_;
};

}  // namespace keyturn::aws
