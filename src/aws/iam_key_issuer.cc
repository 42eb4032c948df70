#include "aws/iam_key_issuer.h"

namespace keyturn::aws {

using rotation::AccessKey;
using rotation::KeyStatus;

Result<std::vector<AccessKey>> IamKeyIssuer::list() {
  const auto listed = iam_.list_access_keys(user_);
  if (!listed) {
    Error error = listed.error();
    if (error.code == "NoSuchEntity")
      error.hint =
          "Name the backup user in the configuration (iam_user) or in the secret that holds its name.";
    return fail(std::move(error));
  }
  std::vector<AccessKey> keys;
  for (const AccessKeyMetadata& entry : *listed) {
    AccessKey key{entry.id, entry.is_active ? KeyStatus::active : KeyStatus::inactive, entry.created_at, {}};
    const auto used = iam_.last_used(entry.id);
    if (!used) return fail(used.error());
    if (*used) key.last_used = rotation::LastUsed{(*used)->at, (*used)->service, (*used)->region};
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<rotation::KeyIssuer::NewKey> IamKeyIssuer::create(TimePoint not_after) {
  auto made = iam_.create_access_key(user_, not_after);
  if (!made) return fail(made.error());
  return NewKey{{std::move(made->id), std::move(made->secret)}, made->created_at};
}

Result<void> IamKeyIssuer::set_status(const rotation::KeyId& key, KeyStatus status, TimePoint not_after) {
  return iam_.update_access_key(user_, key, status == KeyStatus::active, not_after);
}

Result<void> IamKeyIssuer::remove(const rotation::KeyId& key, TimePoint not_after) {
  return iam_.delete_access_key(user_, key, not_after);
}

}  // namespace keyturn::aws
