#include "aws/secrets_manager_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "aws/access_key_text.h"
#include "aws/secret_stages.h"

namespace keyturn::aws {
namespace {

using rotation::SecretState;
using rotation::SecretVersion;
using rotation::Stage;

// What a description alone tells.
SecretState state_of(const SecretDescription& description) {
  SecretState state = labelled_state(description);
  for (const auto& [key, value] : description.tags)
    if (auto intent = parse_intent(key, value)) state.intents.push_back(std::move(*intent));
  return state;
}

Error with_missing_hint(Error error, const std::string& secret) {
  if (error.kind == ErrorKind::not_found && error.code == "ResourceNotFoundException")
    error.hint = fmt::format(
        "Create the secret {}, or name another in the configuration (credential_secret).", secret);
  return error;
}

}  // namespace

Result<SecretState> SecretsManagerStore::observe(const std::vector<rotation::KeyId>& keys) {
  // Listed first: a version that comes in between is then in the description, as young as the secret's last
  // change.
  const auto listed = secrets_.list_versions(secret_);
  if (!listed) return fail(with_missing_hint(listed.error(), secret_));
  const auto description = secrets_.describe(secret_);
  if (!description) return fail(with_missing_hint(description.error(), secret_));
  SecretState state = state_of(*description);
  add_listed(state, *listed);
  if (auto done = name_labelled(state, *description); !done) return fail(done.error());
  if (auto done = name_unlabelled(state, keys); !done) return fail(done.error());
  return state;
}

Result<SecretState> SecretsManagerStore::stages() {
  if (describe_denied_) return stages_of_values();
  const auto description = secrets_.describe(secret_);
  if (description) return state_of(*description);
  if (description.error().kind != ErrorKind::denied)
    return fail(with_missing_hint(description.error(), secret_));
  describe_denied_ = true;
  return stages_of_values();
}

// AWSPENDING first: a version that goes from pending to current meanwhile is then seen as current. The other
// way round it would be seen nowhere, and the one before it as current still, with nothing pending.
Result<SecretState> SecretsManagerStore::stages_of_values() {
  SecretState state;
  state.name = secret_;
  const auto pending = secrets_.get_value(secret_, "", kPending);
  if (pending) {
    state.versions.push_back({pending->version_id, {Stage::pending}, {}, std::nullopt});
  } else if (pending.error().kind != ErrorKind::not_found) {
    return fail(pending.error());
  }
  const auto current = secrets_.get_value(secret_, "", kCurrent);
  if (!current) return fail(with_missing_hint(current.error(), secret_));
  if (!state.versions.empty() && state.versions.front().id == current->version_id) {
    state.versions.front().stages.insert(Stage::current);
  } else {
    state.versions.push_back({current->version_id, {Stage::current}, {}, std::nullopt});
  }
  return state;
}

Result<void> SecretsManagerStore::name_labelled(SecretState& state, const SecretDescription& description) {
  for (SecretVersion& version : state.versions) {
    const auto labels = description.stages_of.find(version.id);
    if (labels == description.stages_of.end() || labels->second.empty()) continue;
    // One of its labels is named beside the id; the stages that keyturn knows come first.
    std::string stage = *labels->second.begin();
    for (const char* known : {kPrevious, kPending, kCurrent})
      if (labels->second.contains(known)) stage = known;
    auto key = key_of(version.id, stage);
    if (!key) return fail(key.error());
    version.key_id = std::move(*key);
  }
  return {};
}

Result<void> SecretsManagerStore::name_unlabelled(SecretState& state,
                                                  const std::vector<rotation::KeyId>& keys) {
  std::vector<SecretVersion*> unlabelled;
  for (SecretVersion& version : state.versions)
    if (version.stages.empty() && !version.key_id) unlabelled.push_back(&version);
  std::sort(unlabelled.begin(), unlabelled.end(),
            [](const auto* a, const auto* b) { return a->created_at > b->created_at; });
  const auto all_named = [&] {
    return std::all_of(keys.begin(), keys.end(),
                       [&](const auto& key) { return state.naming(key) != nullptr; });
  };
  for (SecretVersion* version : unlabelled) {
    if (all_named()) break;
    auto key = key_of(version->id, "");
    if (!key) return fail(key.error());
    version->key_id = std::move(*key);
  }
  return {};
}

Result<SecretsManagerStore::KeyOfVersion> SecretsManagerStore::key_of(const rotation::VersionId& version,
                                                                      const std::string& stage) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = known_.find(version); found != known_.end()) return KeyOfVersion(found->second);
  }
  auto key = fetch_key_of(version, stage);
  // A label may move between the description and this read; the version's value stays what it is.
  if (key && !*key && !stage.empty()) key = fetch_key_of(version, "");
  if (key && *key) {
    const std::lock_guard lock(mutex_);
    known_[version] = **key;
  }
  return key;
}

Result<SecretsManagerStore::KeyOfVersion> SecretsManagerStore::fetch_key_of(
    const rotation::VersionId& version, const std::string& stage) {
  const auto value = secrets_.get_value(secret_, version, stage);
  if (!value) {
    // Gone since it was listed, or a pending version that has no value yet; or the label is elsewhere by now.
    const bool label_moved = value.error().code == "InvalidRequestException" && !stage.empty();
    if (value.error().kind == ErrorKind::not_found || label_moved) return KeyOfVersion{};
    return fail(value.error());
  }
  // An emulator may answer with another version than the one asked for.
  if (value->version_id != version) return KeyOfVersion{};
  if (stage == kCurrent && !has_pair_form(value->text))
    return fail(
        ErrorKind::usage,
        fmt::format("The secret {} does not hold an access key: it should read <id>:<secret>, in plain text.",
                    secret_),
        fmt::format(
            "Store the key in that form, or a placeholder for keyturn to replace: `aws secretsmanager "
            "put-secret-value --secret-id {} --secret-string AAA:bbbbbb`.",
            secret_));
  const auto pair = parse_key_text(value->text);
  return pair ? KeyOfVersion(pair->id) : KeyOfVersion{};
}

Result<rotation::KeyPair> SecretsManagerStore::read(const rotation::VersionId& version) {
  const auto value = secrets_.get_value(secret_, version, "");
  if (!value) {
    Error error = value.error();
    if (error.kind == ErrorKind::not_found)
      error.hint = fmt::format(
          "Is the secret the right one, and the version still there? `aws secretsmanager "
          "list-secret-version-ids --secret-id {}` tells.",
          secret_);
    return fail(std::move(error));
  }
  auto pair = value->version_id == version ? parse_key_text(value->text) : std::nullopt;
  if (!pair)
    return fail(ErrorKind::usage,
                fmt::format("Version {} of the secret {} holds no access key of the form <id>:<secret>.",
                            version, secret_),
                "Store the key in that form, or let keyturn rotate: it makes a new one.");
  return std::move(*pair);
}

Result<void> SecretsManagerStore::put_pending(const rotation::VersionId& token, const rotation::KeyPair& pair,
                                              TimePoint not_after) {
  return conflict_on("ResourceExistsException",
                     secrets_.put_value(secret_, token, format_key_text(pair), {kPending}, not_after));
}

Result<void> SecretsManagerStore::promote(const std::optional<rotation::VersionId>& from,
                                          const rotation::VersionId& to, TimePoint not_after) {
  return conflict_on("InvalidParameterException",
                     secrets_.move_stage(secret_, kCurrent, from.value_or(""), to, not_after));
}

Result<void> SecretsManagerStore::drop_pending(const rotation::VersionId& version, TimePoint not_after) {
  return conflict_on("InvalidParameterException",
                     secrets_.move_stage(secret_, kPending, version, "", not_after));
}

Result<void> SecretsManagerStore::write_intent(const rotation::Intent& intent, TimePoint not_after) {
  return secrets_.tag(secret_, intent_tag_key(intent.run_id), format_intent(intent), not_after);
}

Result<void> SecretsManagerStore::close_intent(const std::string& run_id, TimePoint not_after) {
  return secrets_.untag(secret_, intent_tag_key(run_id), not_after);
}

}  // namespace keyturn::aws
