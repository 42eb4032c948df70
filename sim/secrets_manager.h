// Secrets Manager: versions, staging labels, tokens, tags, the deletion window. Facts: AWS Secrets Manager
// API reference 2017-10-17. All client errors are HTTP 400.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/service_error.h"

namespace keyturn::sim {

struct SecretVersion {
  std::string id;                // the ClientRequestToken it was made with
  std::string value;             // empty: none yet, RotateSecret has only labelled it
  std::set<std::string> stages;  // none: deprecated
  TimePoint created_at;
  std::optional<TimePoint> last_accessed_at;
};

struct Secret {
  std::string name;
  std::string arn;  // name, "-" and six random characters at its end
  std::string description;
  std::string kms_key;  // the ARN of the KMS key that encrypts it; empty: AWS's own
  std::map<std::string, std::string> tags;
  std::vector<SecretVersion> versions;  // oldest first
  TimePoint created_at;
  TimePoint last_changed_at;             // of any change: values, stages, tags, description
  std::optional<TimePoint> deleted_at;   // DeleteSecret was called then
  std::optional<TimePoint> deletion_at;  // and the secret ends then

  [[nodiscard]] const SecretVersion* version(const std::string& id) const;
  [[nodiscard]] const SecretVersion* at_stage(const std::string& stage) const;
};

using SecretTags = std::map<std::string, std::string>;

// Thread-safe. `secret_id` is a name or an ARN, with or without its six random characters.
class SecretsManager {
 public:
  SecretsManager(const Clock& clock, Random& random, std::string account = "111122223333",
                 std::string region = "us-east-1")
      : clock_(clock), random_(random), account_(std::move(account)), region_(std::move(region)) {}

  // --- The service's operations ---
  struct VersionReply {
    std::string arn;
    std::string name;
    std::string version_id;
    std::set<std::string> stages;
  };
  // `value` nothing: a secret without a version. `token` becomes the version's id: 32-64 characters.
  Reply<VersionReply> create_secret(const std::string& name, const std::string& token,
                                    const std::optional<std::string>& value,
                                    const std::string& description = {}, const SecretTags& tags = {});
  // `stages` empty: AWSCURRENT. A stage is taken from whatever version has it. The same token and value
  // again: no change.
  Reply<VersionReply> put_secret_value(const std::string& secret_id, const std::string& token,
                                       const std::string& value, const std::set<std::string>& stages = {});
  // A value always becomes AWSCURRENT, and its token must be new.
  Reply<VersionReply> update_secret(const std::string& secret_id, const std::string& token,
                                    const std::optional<std::string>& value,
                                    const std::optional<std::string>& description = {});
  // `arn` empty: AWS's own again.
  Reply<void> set_kms_key(const std::string& secret_id, const std::string& arn);
  // Compare-and-swap: a stage that some version has moves only if `remove_from` names that version.
  Reply<VersionReply> update_version_stage(const std::string& secret_id, const std::string& stage,
                                           const std::optional<std::string>& remove_from,
                                           const std::optional<std::string>& move_to);
  struct ValueReply {
    std::string arn;
    std::string name;
    SecretVersion version;
  };
  // What RotateSecret does before it calls the function: `token` names a version that bears AWSPENDING and
  // has no value. Refused while another version than AWSCURRENT's bears AWSPENDING.
  Reply<VersionReply> prepare_rotation(const std::string& secret_id, const std::string& token);
  // Neither version nor stage: AWSCURRENT. Both: they must agree.
  Reply<ValueReply> get_secret_value(const std::string& secret_id,
                                     const std::optional<std::string>& version_id = {},
                                     const std::optional<std::string>& stage = {});
  // Values are left out.
  [[nodiscard]] Reply<Secret> describe_secret(const std::string& secret_id) const;
  struct VersionPage {
    std::string arn;
    std::string name;
    std::vector<SecretVersion> versions;  // values left out
    std::string next_token;               // empty: that was the last page
  };
  [[nodiscard]] Reply<VersionPage> list_secret_version_ids(const std::string& secret_id,
                                                           bool include_deprecated, int max_results = 100,
                                                           const std::string& next_token = {}) const;
  struct SecretPage {
    std::vector<Secret> secrets;  // values left out
    std::string next_token;
  };
  [[nodiscard]] Reply<SecretPage> list_secrets(int max_results = 100, const std::string& next_token = {},
                                               bool include_planned_deletion = false) const;
  Reply<void> tag_resource(const std::string& secret_id, const SecretTags& tags);
  Reply<void> untag_resource(const std::string& secret_id, const std::vector<std::string>& keys);
  // Without a recovery window: 30 days. Answers the secret with its `deletion_at`.
  Reply<Secret> delete_secret(const std::string& secret_id, std::optional<int> recovery_window_days,
                              bool force);
  Reply<Secret> restore_secret(const std::string& secret_id);

  // --- The truth ---
  [[nodiscard]] std::vector<Secret> secrets() const;
  [[nodiscard]] std::optional<Secret> secret(const std::string& name) const;

 private:
  // The secret, or why it can't be used. `deleted_too`: also while it waits for its deletion.
  Reply<Secret*> find(const std::string& secret_id, bool deleted_too = false);
  [[nodiscard]] Reply<const Secret*> find(const std::string& secret_id, bool deleted_too = false) const;
  Reply<VersionReply> add_version(Secret& secret, const std::string& token, const std::string& value,
                                  const std::set<std::string>& stages);
  Reply<VersionReply> fill_version(Secret& secret, const std::string& token, const std::string& value,
                                   const std::set<std::string>& stages);
  void touch(Secret& secret) { secret.last_changed_at = clock_.now(); }
  [[nodiscard]] bool gone(const Secret& secret) const;

  const Clock& clock_;
  Random& random_;
  const std::string account_;
  const std::string region_;
  mutable std::mutex mutex_;
  std::map<std::string, Secret> secrets_;  // by name
};

}  // namespace keyturn::sim
