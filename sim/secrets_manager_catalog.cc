// SecretsManager: what describes, lists, tags and deletes secrets rather than changing their values.
#include <algorithm>

#include "sim/secrets_manager.h"

namespace keyturn::sim {
namespace {

constexpr std::size_t kMaxTags = 50;
constexpr int kDefaultRecoveryDays = 30;

Secret without_values(Secret secret) {
  for (SecretVersion& version : secret.versions) version.value.clear();
  return secret;
}

Reply<void> check_page_size(int max_results) {
  if (max_results < 1 || max_results > 100)
    return refuse("ValidationException", 400, "MaxResults must be between 1 and 100.");
  return {};
}

}  // namespace

Reply<Secret> SecretsManager::describe_secret(const std::string& secret_id) const {
  const std::lock_guard lock(mutex_);
  auto secret = find(secret_id, /*deleted_too=*/true);
  if (!secret) return tl::unexpected(secret.error());
  return without_values(**secret);
}

Reply<SecretsManager::VersionPage> SecretsManager::list_secret_version_ids(
    const std::string& secret_id, bool include_deprecated, int max_results,
    const std::string& next_token) const {
  const std::lock_guard lock(mutex_);
  if (auto good = check_page_size(max_results); !good) return tl::unexpected(good.error());
  auto secret = find(secret_id, /*deleted_too=*/true);
  if (!secret) return tl::unexpected(secret.error());
  VersionPage page{(*secret)->arn, (*secret)->name, {}, {}};
  bool started = next_token.empty();
  for (const SecretVersion& version : (*secret)->versions) {
    started = started || version.id == next_token;
    if (!started || (version.stages.empty() && !include_deprecated)) continue;
    if (page.versions.size() == std::size_t(max_results)) {
      page.next_token = version.id;
      break;
    }
    page.versions.push_back(version);
    page.versions.back().value.clear();
  }
  return page;
}

Reply<SecretsManager::SecretPage> SecretsManager::list_secrets(int max_results, const std::string& next_token,
                                                               bool include_planned_deletion) const {
  const std::lock_guard lock(mutex_);
  if (auto good = check_page_size(max_results); !good) return tl::unexpected(good.error());
  SecretPage page;
  for (auto at = secrets_.lower_bound(next_token); at != secrets_.end(); ++at) {
    const Secret& secret = at->second;
    if (gone(secret) || (secret.deleted_at && !include_planned_deletion)) continue;
    if (page.secrets.size() == std::size_t(max_results)) {
      page.next_token = secret.name;
      break;
    }
    page.secrets.push_back(without_values(secret));
  }
  return page;
}

Reply<void> SecretsManager::set_kms_key(const std::string& secret_id, const std::string& arn) {
  const std::lock_guard lock(mutex_);
  const auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  (*secret)->kms_key = arn;
  touch(**secret);
  return {};
}

Reply<void> SecretsManager::tag_resource(const std::string& secret_id, const SecretTags& tags) {
  const std::lock_guard lock(mutex_);
  auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  SecretTags merged = tags;
  merged.insert((*secret)->tags.begin(), (*secret)->tags.end());
  for (const auto& [key, value] : tags)
    if (key.empty() || key.size() > 128 || value.size() > 256)
      return refuse("InvalidParameterException", 400,
                    "A tag's key must have 1 to 128 characters and its value 256 at the most.");
  if (merged.size() > kMaxTags)
    return refuse("LimitExceededException", 400, "A secret can't have more than 50 tags.");
  (*secret)->tags = std::move(merged);
  touch(**secret);
  return {};
}

Reply<void> SecretsManager::untag_resource(const std::string& secret_id,
                                           const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  for (const std::string& key : keys) (*secret)->tags.erase(key);
  touch(**secret);
  return {};
}

Reply<Secret> SecretsManager::delete_secret(const std::string& secret_id,
                                            std::optional<int> recovery_window_days, bool force) {
  const std::lock_guard lock(mutex_);
  if (recovery_window_days && (force || *recovery_window_days < 7 || *recovery_window_days > 30))
    return refuse("InvalidParameterException", 400,
                  force ? "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
                        : "RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  const TimePoint now = clock_.now();
  (*secret)->deleted_at = now;
  (*secret)->deletion_at =
      force ? now : now + std::chrono::days(recovery_window_days.value_or(kDefaultRecoveryDays));
  return without_values(**secret);
}

Reply<Secret> SecretsManager::restore_secret(const std::string& secret_id) {
  const std::lock_guard lock(mutex_);
  auto secret = find(secret_id, /*deleted_too=*/true);
  if (!secret) return tl::unexpected(secret.error());
  (*secret)->deleted_at.reset();
  (*secret)->deletion_at.reset();
  return without_values(**secret);
}

std::vector<Secret> SecretsManager::secrets() const {
  const std::lock_guard lock(mutex_);
  std::vector<Secret> all;
  for (const auto& [name, secret] : secrets_)
    if (!gone(secret)) all.push_back(secret);
  return all;
}

std::optional<Secret> SecretsManager::secret(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = secrets_.find(name);
  return found == secrets_.end() || gone(found->second) ? std::nullopt : std::optional(found->second);
}

}  // namespace keyturn::sim
