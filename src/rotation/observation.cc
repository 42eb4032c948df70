#include "rotation/observation.h"

#include <algorithm>

namespace keyturn::rotation {

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::current:
      return "AWSCURRENT";
    case Stage::pending:
      return "AWSPENDING";
    case Stage::previous:
      return "AWSPREVIOUS";
  }
  return "unknown";
}

const char* to_string(KeyStatus status) { return status == KeyStatus::active ? "Active" : "Inactive"; }

const char* to_string(Standing standing) {
  switch (standing) {
    case Standing::updatable:
      return "updatable";
    case Standing::read_only:
      return "read_only";
    case Standing::unreachable:
      return "unreachable";
    case Standing::skipped:
      return "skipped";
  }
  return "unknown";
}

const SecretVersion* SecretState::at(Stage stage) const {
  const auto found = std::find_if(versions.begin(), versions.end(), [&](const SecretVersion& version) {
    return version.stages.contains(stage);
  });
  return found == versions.end() ? nullptr : &*found;
}

const SecretVersion* SecretState::naming(const KeyId& key) const {
  const SecretVersion* unlabelled = nullptr;
  for (const SecretVersion& version : versions) {
    if (version.key_id != key) continue;
    if (!version.stages.empty()) return &version;
    unlabelled = &version;
  }
  return unlabelled;
}

bool CredentialState::confirmed_on(const KeyId& key) const {
  return exists && marker_key == key && modified_at <= marker_modified_at;
}

bool TargetState::confirmed_on(const KeyId& key) const {
  return readable() && !credentials.empty() &&
         std::all_of(credentials.begin(), credentials.end(),
                     [&](const CredentialState& credential) { return credential.confirmed_on(key); });
}

bool TargetState::marked_with(const KeyId& key) const {
  if (!readable()) return false;
  if (std::find(other_markers.begin(), other_markers.end(), key) != other_markers.end()) return true;
  return std::any_of(credentials.begin(), credentials.end(),
                     [&](const CredentialState& credential) { return credential.marker_key == key; });
}

std::optional<TimePoint> TargetState::last_marked_at() const {
  std::optional<TimePoint> latest;
  for (const CredentialState& credential : credentials)
    if (credential.marker_key && (!latest || credential.marker_modified_at > *latest))
      latest = credential.marker_modified_at;
  return latest;
}

const AccessKey* Observation::key(const KeyId& id) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const AccessKey& key) { return key.id == id; });
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace keyturn::rotation
