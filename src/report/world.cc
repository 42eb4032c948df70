#include "report/world.h"

#include <set>

namespace keyturn::report {

std::optional<rotation::KeyId> confirmed_key(const rotation::TargetState& target) {
  if (target.credentials.empty() || !target.credentials.front().marker_key) return std::nullopt;
  const rotation::KeyId& key = *target.credentials.front().marker_key;
  return target.confirmed_on(key) ? std::optional(key) : std::nullopt;
}

std::string stages_of(const rotation::KeyId& key, const rotation::SecretState& secret) {
  std::set<rotation::Stage> stages;
  for (const rotation::SecretVersion& version : secret.versions)
    if (version.key_id == key) stages.insert(version.stages.begin(), version.stages.end());
  std::string text;
  for (const rotation::Stage stage : stages)
    text += (text.empty() ? "" : ", ") + std::string(to_string(stage));
  return text;
}

}  // namespace keyturn::report
