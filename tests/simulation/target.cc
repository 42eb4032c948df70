#include "target.h"

namespace keyturn::simulation {
namespace {

void put(sim::CredentialTable& table, const char* name, const std::string& identity,
         std::optional<SecretString> secret, TimePoint now) {
  if (table.find(name) == nullptr)
    table.create(name, identity, std::move(secret), now);
  else
    table.alter(name, identity, std::move(secret), now);
}

SecretString joined(const rotation::KeyPair& pair) {
  SecretString text(pair.id + ":");
  text.append(pair.secret);
  return text;
}

}  // namespace

std::string id_of(const std::string& pair) { return pair.substr(0, pair.find(':')); }
std::string secret_of(const std::string& pair) { return pair.substr(pair.find(':') + 1); }

std::optional<std::string> Target::held() const {
  const sim::CredentialRow* row = credentials.find(kUrl);
  if (row == nullptr || !row->secret) return std::nullopt;
  return std::string(row->secret->reveal());
}

void Target::set_by_hand(const rotation::KeyPair& pair, TimePoint now) {
  put(credentials, kUrl, "S3 Access Key", joined(pair), now);
}

void Target::set(const rotation::KeyPair& pair, TimePoint now) {
  set_by_hand(pair, now);
  put(credentials, kMarker, pair.id, std::nullopt, now);
}

bool Target::run_backups(sim::World& world) {
  const TimePoint now = world.clock().now();
  const auto works = [&](const std::string& pair) { return world.iam().works(id_of(pair), secret_of(pair)); };
  if (backup_) {
    // Each part of an upload is signed on its own, so the key must work to the very end.
    if (!works(backup_->pair)) return false;
    if (now < backup_->started_at + backup_length_) return true;
    world.iam().record_use(id_of(backup_->pair), "s3", "us-east-1");
    backup_.reset();
  }
  if (const auto pair = held()) {
    if (!works(*pair)) return false;
    world.iam().record_use(id_of(*pair), "s3", "us-east-1");
    backup_ = Backup{now, *pair};
  }
  return true;
}

rotation::TargetState Target::state() const {
  rotation::TargetState state;
  state.name = name;
  if (!reachable) {
    state.standing = rotation::Standing::unreachable;
    state.reason = name + " does not answer.";
    return state;
  }
  state.standing = permission ? rotation::Standing::updatable : rotation::Standing::read_only;
  if (!permission) state.reason = name + ": ALTER ANY CREDENTIAL is missing.";
  rotation::CredentialState credential;
  credential.name = kUrl;
  if (const sim::CredentialRow* row = credentials.find(kUrl)) {
    credential.exists = true;
    credential.modified_at = row->modify_date;
  }
  if (const sim::CredentialRow* row = credentials.find(kMarker)) {
    credential.marker_key = row->identity;
    credential.marker_modified_at = row->modify_date;
  }
  state.credentials.push_back(credential);
  if (backup_) state.backups.push_back({backup_->started_at});
  return state;
}

}  // namespace keyturn::simulation
