#include "sim/secrets_manager.h"

#include <algorithm>

namespace keyturn::sim {
namespace {

const std::string kCurrent = "AWSCURRENT";
const std::string kPrevious = "AWSPREVIOUS";
const std::string kPending = "AWSPENDING";
constexpr std::size_t kMaxValueBytes = 65'536;

tl::unexpected<ServiceError> no_secret() {
  return refuse("ResourceNotFoundException", 400, "Secrets Manager can't find the specified secret.");
}
tl::unexpected<ServiceError> no_value(const std::string& what) {
  return refuse("ResourceNotFoundException", 400,
                "Secrets Manager can't find the specified secret value for " + what);
}
tl::unexpected<ServiceError> bad_parameter(std::string message) {
  return refuse("InvalidParameterException", 400, std::move(message));
}

// The same version, to change: the accessors of Secret are const.
SecretVersion* mutable_version(Secret& secret, const SecretVersion* version) {
  return version == nullptr ? nullptr : &secret.versions[std::size_t(version - secret.versions.data())];
}
SecretVersion* find_version(Secret& secret, const std::string& id) {
  return mutable_version(secret, secret.version(id));
}
SecretVersion* holder_of(Secret& secret, const std::string& stage) {
  return mutable_version(secret, secret.at_stage(stage));
}

// Moves the stage to `to`; with AWSCURRENT, AWSPREVIOUS goes to the version that lost it.
void move_stage(Secret& secret, const std::string& stage, SecretVersion& to) {
  SecretVersion* from = holder_of(secret, stage);
  if (from == &to) return;
  if (from != nullptr) {
    from->stages.erase(stage);
    if (stage == kCurrent) move_stage(secret, kPrevious, *from);
  }
  to.stages.insert(stage);
}

SecretsManager::VersionReply reply_of(const Secret& secret, const SecretVersion& version) {
  return {secret.arn, secret.name, version.id, version.stages};
}

Reply<void> check_token(const std::string& token) {
  if (token.size() < 32 || token.size() > 64)
    return bad_parameter("You must provide a ClientRequestToken value of 32 to 64 characters.");
  return {};
}

Reply<void> check_value(const std::string& value) {
  if (value.empty() || value.size() > kMaxValueBytes)
    return refuse("ValidationException", 400, "SecretString must have between 1 and 65536 bytes.");
  return {};
}

bool is_named(const Secret& secret, const std::string& id) {
  if (secret.name == id || secret.arn == id) return true;
  return secret.arn.size() == id.size() + 7 &&
         secret.arn.compare(0, id.size(), id) == 0;  // without "-AbCdEf"
}

}  // namespace

const SecretVersion* Secret::version(const std::string& version_id) const {
  const auto found =
      std::find_if(versions.begin(), versions.end(), [&](const auto& v) { return v.id == version_id; });
  return found == versions.end() ? nullptr : &*found;
}

const SecretVersion* Secret::at_stage(const std::string& stage) const {
  const auto found = std::find_if(versions.begin(), versions.end(),
                                  [&](const auto& v) { return v.stages.count(stage) != 0; });
  return found == versions.end() ? nullptr : &*found;
}

bool SecretsManager::gone(const Secret& secret) const {
  return secret.deletion_at && *secret.deletion_at <= clock_.now();
}

Reply<const Secret*> SecretsManager::find(const std::string& secret_id, bool deleted_too) const {
  auto found = secrets_.find(secret_id);
  if (found == secrets_.end())
    found = std::find_if(secrets_.begin(), secrets_.end(),
                         [&](const auto& s) { return is_named(s.second, secret_id); });
  if (found == secrets_.end() || gone(found->second)) return no_secret();
  if (found->second.deleted_at && !deleted_too)
    return refuse("InvalidRequestException", 400,
                  "You can't perform this operation on the secret because it was marked for deletion.");
  return &found->second;
}

Reply<Secret*> SecretsManager::find(const std::string& secret_id, bool deleted_too) {
  const auto found = std::as_const(*this).find(secret_id, deleted_too);
  if (!found) return tl::unexpected(found.error());
  return &secrets_.at((*found)->name);
}

Reply<SecretsManager::VersionReply> SecretsManager::add_version(Secret& secret, const std::string& token,
                                                                const std::string& value,
                                                                const std::set<std::string>& stages) {
  secret.versions.push_back(SecretVersion{token, value, {}, clock_.now(), std::nullopt});
  SecretVersion& version = secret.versions.back();
  for (const std::string& stage : stages) move_stage(secret, stage, version);
  touch(secret);
  return reply_of(secret, version);
}

Reply<SecretsManager::VersionReply> SecretsManager::create_secret(const std::string& name,
                                                                  const std::string& token,
                                                                  const std::optional<std::string>& value,
                                                                  const std::string& description,
                                                                  const SecretTags& tags) {
  const std::lock_guard lock(mutex_);
  if (name.empty() || name.size() > 512)
    return refuse("ValidationException", 400, "Name must have 1 to 512 characters.");
  if (auto good = check_token(token); value && !good) return tl::unexpected(good.error());
  if (value)
    if (auto good = check_value(*value); !good) return tl::unexpected(good.error());
  if (const auto found = secrets_.find(name); found != secrets_.end() && !gone(found->second)) {
    if (found->second.deleted_at)
      return refuse(
          "InvalidRequestException", 400,
          "You can't create this secret because a secret with this name is already scheduled for deletion.");
    const SecretVersion* same = found->second.version(token);
    if (same != nullptr && value && same->value == *value) return reply_of(found->second, *same);
    return refuse("ResourceExistsException", 400,
                  "The operation failed because the secret " + name + " already exists.");
  }
  Secret secret;
  secret.name = name;
  secret.arn = "arn:aws:secretsmanager:" + region_ + ":" + account_ + ":secret:" + name + "-";
  for (std::uint64_t word = random_.next(), i = 0; i < 6; ++i, word /= 52)
    secret.arn += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[word % 52];
  secret.description = description;
  secret.tags = tags;
  secret.created_at = secret.last_changed_at = clock_.now();
  Secret& stored = secrets_.insert_or_assign(name, std::move(secret)).first->second;
  if (!value) return VersionReply{stored.arn, stored.name, {}, {}};
  return add_version(stored, token, *value, {kCurrent});
}

Reply<SecretsManager::VersionReply> SecretsManager::put_secret_value(const std::string& secret_id,
                                                                     const std::string& token,
                                                                     const std::string& value,
                                                                     const std::set<std::string>& stages) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_token(token); !good) return tl::unexpected(good.error());
  if (auto good = check_value(value); !good) return tl::unexpected(good.error());
  auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  if (const SecretVersion* same = (*secret)->version(token)) {
    if (same->value == value) return reply_of(**secret, *same);
    if (same->value.empty()) return fill_version(**secret, token, value, stages);
    return refuse("ResourceExistsException", 400,
                  "The ClientRequestToken has already been used for a secret version with another value.");
  }
  return add_version(**secret, token, value, stages.empty() ? std::set{kCurrent} : stages);
}

Reply<SecretsManager::VersionReply> SecretsManager::fill_version(Secret& secret, const std::string& token,
                                                                 const std::string& value,
                                                                 const std::set<std::string>& stages) {
  SecretVersion& version = *find_version(secret, token);
  version.value = value;
  for (const std::string& stage : stages.empty() ? std::set{kCurrent} : stages)
    move_stage(secret, stage, version);
  touch(secret);
  return reply_of(secret, version);
}

Reply<SecretsManager::VersionReply> SecretsManager::prepare_rotation(const std::string& secret_id,
                                                                     const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_token(token); !good) return tl::unexpected(good.error());
  auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  const SecretVersion* pending = (*secret)->at_stage(kPending);
  if (pending != nullptr && pending->id == token) return reply_of(**secret, *pending);
  if (pending != nullptr && pending->stages.count(kCurrent) == 0)
    return refuse("InvalidRequestException", 400,
                  "A previous rotation isn't complete. That rotation will be reattempted.");
  if ((*secret)->version(token) != nullptr)
    return refuse("ResourceExistsException", 400,
                  "The operation failed because a version with this ClientRequestToken already exists.");
  return add_version(**secret, token, {}, {kPending});
}

Reply<SecretsManager::VersionReply> SecretsManager::update_secret(
    const std::string& secret_id, const std::string& token, const std::optional<std::string>& value,
    const std::optional<std::string>& description) {
  const std::lock_guard lock(mutex_);
  auto secret = find(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  if (value) {
    if (auto good = check_token(token); !good) return tl::unexpected(good.error());
    if (auto good = check_value(*value); !good) return tl::unexpected(good.error());
    if ((*secret)->version(token) != nullptr)
      return refuse("ResourceExistsException", 400,
                    "The operation failed because a version with this ClientRequestToken already exists.");
  }
  if (description) (*secret)->description = *description;
  touch(**secret);
  if (!value) return VersionReply{(*secret)->arn, (*secret)->name, {}, {}};
  return add_version(**secret, token, *value, {kCurrent});
}

Reply<SecretsManager::VersionReply> SecretsManager::update_version_stage(
    const std::string& secret_id, const std::string& stage, const std::optional<std::string>& remove_from,
    const std::optional<std::string>& move_to) {
  const std::lock_guard lock(mutex_);
  auto found = find(secret_id);
  if (!found) return tl::unexpected(found.error());
  Secret& secret = **found;
  if (!remove_from && !move_to)
    return bad_parameter("You must specify RemoveFromVersionId, MoveToVersionId or both.");
  for (const auto& id : {remove_from, move_to})
    if (id && secret.version(*id) == nullptr) return no_value("VersionId: " + *id);
  SecretVersion* holder = holder_of(secret, stage);
  SecretVersion* to = move_to ? find_version(secret, *move_to) : nullptr;
  if (remove_from && (holder == nullptr || holder->id != *remove_from))
    return bad_parameter("Staging label " + stage + " isn't attached to version " + *remove_from +
                         (holder == nullptr ? "." : "; it is attached to version " + holder->id + "."));
  if (to == nullptr) {
    if (stage == kCurrent)
      return bad_parameter(
          "You can only move staging label AWSCURRENT to a different secret version. It can't be completely "
          "removed.");
    holder->stages.erase(stage);
    touch(secret);
    return reply_of(secret, *holder);
  }
  if (holder != nullptr && holder != to && !remove_from)
    return bad_parameter("The parameter RemoveFromVersionId can't be empty. Staging label " + stage +
                         " is currently attached to version " + holder->id +
                         ", so you must explicitly reference that version in RemoveFromVersionId.");
  if (holder != to) {
    move_stage(secret, stage, *to);
    touch(secret);
  }
  return reply_of(secret, *to);
}

Reply<SecretsManager::ValueReply> SecretsManager::get_secret_value(
    const std::string& secret_id, const std::optional<std::string>& version_id,
    const std::optional<std::string>& stage) {
  const std::lock_guard lock(mutex_);
  auto found = find(secret_id);
  if (!found) return tl::unexpected(found.error());
  Secret& secret = **found;
  const std::string wanted_stage = stage.value_or(kCurrent);
  SecretVersion* version = version_id ? find_version(secret, *version_id) : holder_of(secret, wanted_stage);
  if (version == nullptr)
    return no_value(version_id ? "VersionId: " + *version_id : "staging label: " + wanted_stage);
  if (version->value.empty())
    return no_value(version_id ? "VersionId: " + *version_id : "staging label: " + wanted_stage);
  if (version_id && stage && version->stages.count(*stage) == 0)
    return refuse("InvalidRequestException", 400,
                  "You provided a VersionStage that is not associated to the provided VersionId.");
  version->last_accessed_at = clock_.now();
  return ValueReply{secret.arn, secret.name, *version};
}

}  // namespace keyturn::sim
