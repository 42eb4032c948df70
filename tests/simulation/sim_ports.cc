#include "sim_ports.h"

#include <charconv>
#include <sstream>

#include "rotation/key_rules.h"
#include "target.h"

namespace keyturn::simulation {
namespace {

using rotation::Stage;

constexpr const char* kIntentPrefix = "keyturn:intent:";

std::optional<rotation::KeyId> key_in(const std::string& value) {
  const std::string id = id_of(value);
  return value.find(':') != std::string::npos && rotation::is_access_key_id(id) ? std::optional(id)
                                                                                : std::nullopt;
}

rotation::SecretState without_keys(const sim::Secret& secret) {
  rotation::SecretState state;
  state.name = secret.name;
  state.stage_changed_at = secret.last_changed_at;
  for (const sim::SecretVersion& version : secret.versions) {
    rotation::SecretVersion& added = state.versions.emplace_back();
    added.id = version.id;
    added.created_at = version.created_at;
    for (const Stage stage : {Stage::current, Stage::pending, Stage::previous})
      if (version.stages.contains(to_string(stage))) added.stages.insert(stage);
  }
  return state;
}

std::string format_intent(const rotation::Intent& intent) {
  std::string text = std::to_string(intent.at.time_since_epoch().count());
  for (const rotation::KeyId& key : intent.existing) text += " " + key;
  return text;
}

rotation::Intent parse_intent(const std::string& run_id, const std::string& text) {
  std::istringstream words(text);
  rotation::Intent intent;
  Duration::rep at = 0;
  words >> at;
  intent.run_id = run_id;
  intent.at = TimePoint{Duration{at}};
  for (std::string key; words >> key;) intent.existing.push_back(key);
  return intent;
}

sim::Reply<void> done() { return {}; }

// The reply's value is of no interest.
template <class T>
sim::Reply<void> nothing(const sim::Reply<T>& reply) {
  if (!reply) return tl::unexpected<sim::ServiceError>(reply.error());
  return {};
}

}  // namespace

Error Passage::translate(const Call& call, const sim::ServiceError& error) {
  ErrorKind kind = ErrorKind::unavailable;
  if (error.code == "ResourceExistsException" || error.code == "LimitExceeded" ||
      error.code == "InvalidParameterException")
    kind = ErrorKind::conflict;
  if (error.code == "NoSuchEntity" || error.code == "ResourceNotFoundException") kind = ErrorKind::not_found;
  return {kind, Effect::none, error.code, call.operation + ": " + error.message, {}};
}

Result<std::vector<rotation::AccessKey>> SimKeyIssuer::list() {
  return passage_.read("iam:ListAccessKeys", [&]() -> sim::Reply<std::vector<rotation::AccessKey>> {
    const auto page = passage_.world().iam().list_access_keys(kUser);
    if (!page) return tl::unexpected<sim::ServiceError>(page.error());
    std::vector<rotation::AccessKey> keys;
    for (const sim::IamKey& key : page->keys) {
      rotation::AccessKey& added = keys.emplace_back();
      added.id = key.access_key_id;
      added.status =
          key.status == sim::KeyStatus::active ? rotation::KeyStatus::active : rotation::KeyStatus::inactive;
      added.created_at = key.created_at;
      const auto used = passage_.world().iam().get_access_key_last_used(key.access_key_id);
      if (used && used->use)
        added.last_used = rotation::LastUsed{used->use->at, used->use->service, used->use->region};
    }
    return keys;
  });
}

Result<rotation::KeyIssuer::NewKey> SimKeyIssuer::create(TimePoint not_after) {
  return passage_.effect("iam:CreateAccessKey", not_after, [&]() -> sim::Reply<NewKey> {
    const auto key = passage_.world().iam().create_access_key(kUser);
    if (!key) return tl::unexpected<sim::ServiceError>(key.error());
    return NewKey{{key->access_key_id, SecretString(key->secret)}, key->created_at};
  });
}

Result<void> SimKeyIssuer::set_status(const rotation::KeyId& key, rotation::KeyStatus status,
                                      TimePoint not_after) {
  const auto wanted =
      status == rotation::KeyStatus::active ? sim::KeyStatus::active : sim::KeyStatus::inactive;
  return passage_.effect("iam:UpdateAccessKey", not_after,
                         [&] { return passage_.world().iam().update_access_key(kUser, key, wanted); });
}

Result<void> SimKeyIssuer::remove(const rotation::KeyId& key, TimePoint not_after) {
  return passage_.effect("iam:DeleteAccessKey", not_after,
                         [&] { return passage_.world().iam().delete_access_key(kUser, key); });
}

Result<rotation::SecretState> SimSecretStore::observe(const std::vector<rotation::KeyId>& /*keys*/) {
  return passage_.read("secretsmanager:Observe", [&]() -> sim::Reply<rotation::SecretState> {
    const sim::Secret secret = *passage_.world().secrets().secret(kSecret);
    rotation::SecretState state = without_keys(secret);
    for (std::size_t i = 0; i < state.versions.size(); ++i)
      state.versions[i].key_id = key_in(secret.versions[i].value);
    for (const auto& [tag, value] : secret.tags)
      if (tag.starts_with(kIntentPrefix))
        state.intents.push_back(parse_intent(tag.substr(std::string_view(kIntentPrefix).size()), value));
    return state;
  });
}

Result<rotation::SecretState> SimSecretStore::stages() {
  return passage_.read("secretsmanager:DescribeSecret", [&]() -> sim::Reply<rotation::SecretState> {
    return without_keys(*passage_.world().secrets().secret(kSecret));
  });
}

Result<rotation::KeyPair> SimSecretStore::read(const rotation::VersionId& version) {
  return passage_.read("secretsmanager:GetSecretValue", [&]() -> sim::Reply<rotation::KeyPair> {
    const auto reply = passage_.world().secrets().get_secret_value(kSecret, version);
    if (!reply) return tl::unexpected<sim::ServiceError>(reply.error());
    return rotation::KeyPair{id_of(reply->version.value), SecretString(secret_of(reply->version.value))};
  });
}

Result<void> SimSecretStore::put_pending(const rotation::VersionId& token, const rotation::KeyPair& pair,
                                         TimePoint not_after) {
  return passage_.effect("secretsmanager:PutSecretValue", not_after, [&] {
    return nothing(passage_.world().secrets().put_secret_value(
        kSecret, token, pair.id + ":" + std::string(pair.secret.reveal()), {"AWSPENDING"}));
  });
}

Result<void> SimSecretStore::promote(const std::optional<rotation::VersionId>& from,
                                     const rotation::VersionId& to, TimePoint not_after) {
  return passage_.effect("secretsmanager:UpdateSecretVersionStage", not_after, [&] {
    return nothing(passage_.world().secrets().update_version_stage(kSecret, "AWSCURRENT", from, to));
  });
}

Result<void> SimSecretStore::drop_pending(const rotation::VersionId& version, TimePoint not_after) {
  return passage_.effect("secretsmanager:UpdateSecretVersionStage", not_after, [&] {
    return nothing(
        passage_.world().secrets().update_version_stage(kSecret, "AWSPENDING", version, std::nullopt));
  });
}

Result<void> SimSecretStore::write_intent(const rotation::Intent& intent, TimePoint not_after) {
  return passage_.effect("secretsmanager:TagResource", not_after, [&] {
    return passage_.world().secrets().tag_resource(kSecret,
                                                   {{kIntentPrefix + intent.run_id, format_intent(intent)}});
  });
}

Result<void> SimSecretStore::close_intent(const std::string& run_id, TimePoint not_after) {
  return passage_.effect("secretsmanager:UntagResource", not_after, [&] {
    return passage_.world().secrets().untag_resource(kSecret, {kIntentPrefix + run_id});
  });
}

rotation::KeyProver::Proof SimKeyProver::prove(const rotation::KeyPair& pair, TimePoint give_up_at) {
  constexpr Duration kRetry{500};
  while (true) {
    const auto passed = passage_.read("s3:ListObjectsV2", done);
    if (!passed) return {Verdict::ill, passed.error().message};
    if (!refused_keys_.contains(pair.id) &&
        passage_.world().iam().works(pair.id, std::string(pair.secret.reveal())))
      return {Verdict::proven, {}};
    if (passage_.world().clock().now() >= give_up_at)
      return {Verdict::refused, "S3 refuses " + pair.id + "."};
    passage_.world().clock().sleep_for(kRetry, nullptr);
  }
}

}  // namespace keyturn::simulation
