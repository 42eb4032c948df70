#include "lambda/way_out.h"

#include <fmt/format.h>

#include <algorithm>

#include "lambda/rotations.h"
#include "setup/secret_settings.h"

namespace keyturn::lambda {
namespace {

using rotation::AccessKey;
using rotation::Command;
using rotation::Reach;
using rotation::SecretVersion;
using rotation::Stage;

struct Remains {
  bool has_pending = false;
  bool has_pending_password = false;
  std::string text;  // sentences; empty: nothing is left
};

std::string describe(const AccessKey& key, const SecretVersion& version) {
  return fmt::format("{} ({}, {})", key.id,
                     version.stages.empty() ? "abandoned" : rotation::to_string(*version.stages.begin()),
                     rotation::to_string(key.status));
}

Remains remains_of(const std::string& user, const std::vector<AccessKey>& keys,
                   const rotation::SecretState& secret) {
  Remains remains;
  const SecretVersion* pending = secret.at(Stage::pending);
  remains.has_pending = pending != nullptr;
  if (pending != nullptr)
    remains.text += fmt::format(
        "A rotation is under way: version {} of {} is AWSPENDING; try again to go on with it, or give it up "
        "with `keyturn rollback` first. ",
        pending->id, secret.name);
  for (const rotation::Intent& intent : secret.intents)
    remains.text += fmt::format("Run {} began to make a key at {}, and has not said that it ended. ",
                                intent.run_id, format_iso8601(intent.at));
  for (const AccessKey& key : keys) {
    const SecretVersion* version = secret.naming(key.id);
    if (version == nullptr || version->stages.contains(Stage::current) ||
        version->stages.contains(Stage::pending))
      continue;
    remains.text += fmt::format(
        "User {0} still has {1}. Once no backup uses it: `aws iam update-access-key --user-name {0} "
        "--access-key-id {2} --status Inactive`, then `aws iam delete-access-key --user-name {0} "
        "--access-key-id {2}`. ",
        user, describe(key, *version), key.id);
  }
  return remains;
}

// A login that some servers know by the next password and others by this one.
Result<bool> password_is_under_way(const aws::AwsContext& aws, const std::string& secret) {
  const auto secrets = aws.secrets_manager();
  if (!secrets) return fail(secrets.error());
  const auto description = secrets->describe(secret);
  if (!description && description.error().kind == ErrorKind::not_found) return false;
  if (!description) return fail(description.error());
  return std::any_of(description->stages_of.begin(), description->stages_of.end(), [](const auto& version) {
    return version.second.contains("AWSPENDING") && !version.second.contains("AWSCURRENT");
  });
}

// What can't be found any more has nothing left.
Result<Remains> look_at_keys(const aws::AwsContext& aws, const setup::RotationSettings& settings) {
  const auto gone_or = [](const Error& error) -> Result<Remains> {
    if (error.kind == ErrorKind::not_found) return Remains{};
    return fail(error);
  };
  const auto user = setup::SecretSettings(aws).iam_user(settings);
  if (!user) return gone_or(user.error());
  const auto issuer = aws.key_issuer(*user);
  if (!issuer) return fail(issuer.error());
  const auto keys = (*issuer)->list();
  if (!keys) return gone_or(keys.error());
  const auto store = aws.secret_store(settings.credential_secret);
  if (!store) return fail(store.error());
  std::vector<rotation::KeyId> ids;
  for (const AccessKey& key : *keys) ids.push_back(key.id);
  const auto secret = (*store)->observe(ids);
  if (!secret) return gone_or(secret.error());
  return remains_of(*user, *keys, *secret);
}

Result<Remains> look(const Account& account, const setup::RotationSettings& settings) {
  auto remains = look_at_keys(account.aws(), settings);
  if (!remains || !account.config().sql.rotate_login) return remains;
  const auto password = password_is_under_way(account.aws(), settings.sql_password_secret);
  if (!password) return fail(password.error());
  remains->has_pending_password = *password;
  if (*password)
    remains->text +=
        fmt::format("The SQL login's next password, in {}, is AWSPENDING. ", settings.sql_password_secret);
  return remains;
}

std::string words_of(const report::Entry<rotation::RunResult>& entry) {
  const Result<rotation::RunResult>& run = entry.result;
  if (!run) return run.error().sentence();
  std::string text = run->reason;
  if (entry.login) text += " " + entry.login->reason;
  for (const std::string& work : run->pending_work) text += " " + work;
  for (const rotation::Blocker& blocker : run->blockers) text += " " + blocker.message + " " + blocker.hint;
  return text;
}

std::string reason_to_stay(const HandlerParts& parts, setup::RotationSettings settings) {
  const auto before = look(parts.account, settings);
  if (!before) return before.error().sentence();
  if (before->text.empty()) return {};
  // Nobody will come later: what is Inactive and quiet goes now. No key is made in the place of an old one.
  settings.policy.quarantine = settings.policy.deadline + std::chrono::seconds{1};
  settings.policy.max_age = std::chrono::days{3650};
  rotation::RunOptions options;
  options.reach = Reach::distribute;
  const auto run = [&] {
    // The password's turn may begin a new one where none is under way.
    if (before->has_pending_password) return run_entry(parts, settings, Command::reconcile, options);
    return report::Entry<rotation::RunResult>{
        settings.name, run_one(parts, settings, Command::reconcile, options), std::nullopt};
  };
  auto entry = run();
  auto after = look(parts.account, settings);
  if (entry.result && after && after->has_pending) {
    options.reach = Reach::everything;
    entry = run();
    after = look(parts.account, settings);
  }
  if (!after) return after.error().sentence();
  return after->text.empty() ? std::string{} : after->text + words_of(entry);
}

}  // namespace

std::string reason_to_stay(const HandlerParts& parts) {
  std::string text;
  for (const setup::RotationSettings& settings : parts.account.config().rotations) {
    const std::string reason = reason_to_stay(parts, settings);
    if (reason.empty()) continue;
    text += fmt::format("{}{}: {}", text.empty() ? "" : " ", settings.name, reason);
  }
  return text;
}

}  // namespace keyturn::lambda
