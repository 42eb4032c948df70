#include "doctor/keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "rotation/ports.h"

namespace keyturn::doctor {
namespace {

using rotation::AccessKey;
using rotation::SecretState;
using rotation::Stage;

constexpr std::size_t kSlots = 2;

std::string described(const AccessKey& key) {
  const std::string used =
      key.last_used ? fmt::format("last used at {} for {} in {}", format_iso8601(key.last_used->at),
                                  key.last_used->service, key.last_used->region)
                    : "no use of it is known";
  return fmt::format("{} ({}, made at {}, {})", key.id, to_string(key.status), format_iso8601(key.created_at),
                     used);
}

std::optional<Finding> judge_current(const std::string& user, const std::vector<AccessKey>& keys,
                                     const SecretState& state) {
  const rotation::SecretVersion* current = state.at(Stage::current);
  if (current == nullptr || !current->key_id) return std::nullopt;
  const rotation::KeyId& id = *current->key_id;
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const AccessKey& key) { return key.id == id; });
  if (found == keys.end())
    return failed(
        "iam.current_key", id,
        fmt::format("AWSCURRENT names it, but the user {} has no such key: no server can back up with it.",
                    user),
        "Is the user the right one? Where the key was deleted, `keyturn rotate` makes another.");
  if (found->status != rotation::KeyStatus::active)
    return failed(
        "iam.current_key", id, "AWSCURRENT names it, and it is Inactive: no server can back up with it.",
        fmt::format("`aws iam update-access-key --user-name {} --access-key-id {} --status Active`, or make "
                    "another by `keyturn rotate`.",
                    user, id));
  return ok("iam.current_key", id, fmt::format("AWSCURRENT's key is one of {}'s, and Active.", user));
}

Finding judge_stranger(const std::string& user, const AccessKey& key, bool is_full,
                       const SecretState& state) {
  const std::string what =
      fmt::format("No version of the secret {} names the key {}.", state.name, described(key));
  const std::string mend = fmt::format(
      "Find out who uses it. If nobody does: `aws iam update-access-key --user-name {0} --access-key-id {1} "
      "--status "
      "Inactive`, and after some days `aws iam delete-access-key --user-name {0} --access-key-id {1}`.",
      user, key.id);
  if (!state.intents.empty())
    return warning("iam.key_slots", user, what + " A run of keyturn may be at work on it just now.",
                   "`keyturn reconcile` clears up what a run left that died.");
  if (!is_full) return warning("iam.key_slots", user, what + " It takes one of the user's two slots.", mend);
  return failed("iam.key_slots", user,
                what + " Both of the user's slots are taken with it, so that no new key can be made.", mend);
}

}  // namespace

Findings judge_keys(const std::string& user, const std::vector<AccessKey>& keys, const SecretState& state) {
  Findings findings;
  if (auto current = judge_current(user, keys, state)) findings.push_back(*std::move(current));
  bool has_stranger = false;
  for (const AccessKey& key : keys) {
    if (state.naming(key.id) != nullptr) continue;
    has_stranger = true;
    findings.push_back(judge_stranger(user, key, keys.size() >= kSlots, state));
  }
  if (!has_stranger)
    findings.push_back(
        ok("iam.key_slots", user,
           fmt::format("{} of its two key slots {} taken, by keys that the secret accounts for.", keys.size(),
                       keys.size() == 1 ? "is" : "are")));
  return findings;
}

Findings examine_keys(const Scene& scene, Knowledge& known) {
  if (!known.user) return {skipped("iam.user", "IAM user", "Its name is not known.")};
  const std::string& user = *known.user;
  const auto issuer = scene.aws.key_issuer(user);
  const auto keys = issuer ? (*issuer)->list() : Result<std::vector<AccessKey>>(fail(issuer.error()));
  if (!keys) {
    Error error = keys.error();
    if (error.kind == ErrorKind::not_found)
      error.hint = fmt::format(
          "Make it (`aws iam create-user --user-name {}`), or name another one in the "
          "configuration or its secret.",
          user);
    return {failed("iam.user", user, error)};
  }
  Findings findings{ok("iam.user", user, "IAM has it, and lists its access keys.")};
  if (!known.state) {
    findings.push_back(
        skipped("iam.key_slots", user, "What its keys are for is not known without the secret."));
    return findings;
  }
  std::vector<rotation::KeyId> ids;
  for (const AccessKey& key : *keys) ids.push_back(key.id);
  const auto store = scene.aws.secret_store(scene.rotation.credential_secret);
  const auto state = store ? (*store)->observe(ids) : Result<SecretState>(fail(store.error()));
  if (!state) {
    findings.push_back(
        skipped("iam.key_slots", user, "What its keys are for is not known: " + state.error().message));
    return findings;
  }
  const Findings judged = judge_keys(user, *keys, *state);
  findings.insert(findings.end(), judged.begin(), judged.end());
  const bool works = std::any_of(judged.begin(), judged.end(), [](const Finding& finding) {
    return finding.check == "iam.current_key" && finding.verdict == Verdict::ok;
  });
  if (works)
    if (auto pair = (*store)->read(state->at(Stage::current)->id)) known.current = *std::move(pair);
  return findings;
}

}  // namespace keyturn::doctor
