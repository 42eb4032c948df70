#include "sim/kms.h"

namespace keyturn::sim {
namespace {

template <class Keys>
auto* find_in(Keys& keys, const std::string& name) {
  for (auto& [arn, key] : keys)
    if (arn == name || arn.ends_with("/" + name)) return &key;
  return static_cast<decltype(&keys.begin()->second)>(nullptr);
}

tl::unexpected<ServiceError> no_key(const std::string& name) {
  return refuse("NotFoundException", 400, "Key '" + name + "' does not exist");
}

}  // namespace

KmsKey Kms::create_key() {
  const std::lock_guard lock(mutex_);
  const KmsKey key{"arn:aws:kms:" + region_ + ":" + account_ + ":key/" + random_.uuid(), true};
  return keys_[key.arn] = key;
}

Reply<KmsKey> Kms::describe_key(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const KmsKey* key = find_in(keys_, name);
  if (key == nullptr) return no_key(name);
  return *key;
}

Reply<void> Kms::set_enabled(const std::string& name, bool enabled) {
  const std::lock_guard lock(mutex_);
  KmsKey* key = find_in(keys_, name);
  if (key == nullptr) return no_key(name);
  key->enabled = enabled;
  return {};
}

bool Kms::opens(const std::string& arn) const {
  const std::lock_guard lock(mutex_);
  const KmsKey* key = find_in(keys_, arn);
  return key == nullptr || key->enabled;
}

}  // namespace keyturn::sim
