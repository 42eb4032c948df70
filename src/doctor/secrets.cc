#include "doctor/secrets.h"

#include <fmt/format.h>

#include "rotation/ports.h"
#include "setup/secret_settings.h"

namespace keyturn::doctor {
namespace {

using setup::SecretRole;
using setup::SecretUse;

const char* check_of(SecretRole role) {
  switch (role) {
    case SecretRole::credential:
      return "secret.credential";
    case SecretRole::iam_user:
      return "secret.iam_user";
    case SecretRole::bucket_url:
      return "secret.bucket_url";
    case SecretRole::sql_user:
      return "secret.sql_user";
    case SecretRole::sql_password:
      return "secret.sql_password";
  }
  return "";
}

class SecretsCheck {
 public:
  SecretsCheck(const Scene& scene, Knowledge& known)
      : scene_(scene),
        known_(known),
        settings_(scene.aws),
        store_(scene.aws.secret_store(credential_name())) {}

  Findings run() {
    known_.has_login = true;
    for (const SecretUse& use : setup::secrets_of(scene_.rotation, scene_.config.sql.authentication))
      look(use);
    // What the configuration says itself.
    if (!scene_.rotation.iam_user.empty()) known_.user = scene_.rotation.iam_user;
    if (!scene_.rotation.bucket_urls.empty()) learn_urls("configuration");
    return std::move(findings_);
  }

 private:
  [[nodiscard]] const std::string& credential_name() const { return scene_.rotation.credential_secret; }
  [[nodiscard]] bool is_of_hosts(SecretRole role) const {
    return scene_.rotation.fleet.via == setup::FleetWay::ssm &&
           (role == SecretRole::sql_user || role == SecretRole::sql_password);
  }

  void look(const SecretUse& use) {
    const auto described = settings_.describe(use);
    // The right to describe is asked for of one secret alone.
    const bool goes_on =
        described || (described.error().kind == ErrorKind::denied && use.role != SecretRole::credential);
    if (described) known_.secrets[use.name] = *described;
    if (!goes_on) return refuse(use, described.error());
    if (described && !can_open(described->kms_key))
      return unreadable(
          use, skipped(check_of(use.role), use.name, "Its value can't be read without its KMS key."));
    if (use.role == SecretRole::credential) return look_at_key(use);
    if (const auto value = settings_.check(use); !value) return refuse(use, value.error());
    if (use.role == SecretRole::bucket_url) return learn_urls(use.name);
    if (use.role == SecretRole::iam_user)
      if (const auto user = settings_.iam_user(scene_.rotation)) known_.user = *user;
    findings_.push_back(ok(check_of(use.role), use.name, fmt::format("It holds {}.", use.meaning)));
  }

  void refuse(const SecretUse& use, const Error& error) {
    if (error.kind == ErrorKind::denied && is_of_hosts(use.role)) {
      findings_.push_back(
          skipped(check_of(use.role), use.name,
                  "The hosts read it, not whoever runs this: see what they say of their servers."));
      return;
    }
    unreadable(use, failed(check_of(use.role), use.name, error));
  }

  void unreadable(const SecretUse& use, Finding finding) {
    findings_.push_back(std::move(finding));
    if (use.role == SecretRole::sql_user || use.role == SecretRole::sql_password) known_.has_login = false;
  }

  void look_at_key(const SecretUse& use) {
    if (!store_) return findings_.push_back(failed(check_of(use.role), use.name, store_.error()));
    const auto state = (*store_)->observe({});
    if (!state) return findings_.push_back(failed(check_of(use.role), use.name, state.error()));
    known_.state = *state;
    const rotation::SecretVersion* current = state->at(rotation::Stage::current);
    if (current == nullptr) {
      findings_.push_back(failed(
          check_of(use.role), use.name, "It has no value yet.",
          fmt::format("Give it one for keyturn to replace: `aws secretsmanager put-secret-value --region {} "
                      "--secret-id {} --secret-string AAA:bbbbbb`.",
                      scene_.region(), use.name)));
      return;
    }
    findings_.push_back(
        ok(check_of(use.role), use.name,
           current->key_id ? fmt::format("AWSCURRENT names the access key {}.", *current->key_id)
                           : "It holds a placeholder; `keyturn rotate` puts the first access key into it."));
  }

  void learn_urls(const std::string& subject) {
    const auto urls = settings_.bucket_urls(scene_.rotation);
    if (!urls) return findings_.push_back(failed("secret.bucket_url", subject, urls.error()));
    known_.urls = *urls;
    findings_.push_back(ok("secret.bucket_url", subject, "It names a place that SQL Server can back up to."));
  }

  // Looked at once, however many secrets it encrypts.
  bool can_open(const std::string& key) {
    if (key.empty()) return true;
    if (const auto known = keys_.find(key); known != keys_.end()) return known->second;
    return keys_[key] = look_at_kms(key);
  }

  bool look_at_kms(const std::string& key) {
    const auto kms = scene_.aws.kms();
    const auto found = kms ? kms->describe(key) : Result<aws::KmsKey>(fail(kms.error()));
    if (!found) {
      // Opening secrets takes no right to look at the key.
      const bool can_tell = found.error().kind == ErrorKind::not_found;
      findings_.push_back(
          can_tell ? failed("secret.kms_key", key, found.error())
                   : skipped("secret.kms_key", key, "Its state can't be told: " + found.error().message));
      return !can_tell;
    }
    if (found->state == "Enabled") {
      findings_.push_back(ok("secret.kms_key", key, "The KMS key of the secrets is enabled."));
      return true;
    }
    const std::string where = fmt::format("--region {} --key-id {}", scene_.region(), key);
    const std::string enable = fmt::format("`aws kms enable-key {}`", where);
    findings_.push_back(failed(
        "secret.kms_key", key,
        fmt::format("The KMS key that encrypts secrets of this rotation can't be used: its state is {}.",
                    found->state),
        found->state == "PendingDeletion"
            ? fmt::format("`aws kms cancel-key-deletion {}`, then {}.", where, enable)
            : enable + "."));
    return false;
  }

  const Scene& scene_;
  Knowledge& known_;
  const setup::SecretSettings settings_;
  const Result<std::unique_ptr<rotation::SecretStore>> store_;
  std::map<std::string, bool> keys_;  // of KMS: can they be used?
  Findings findings_;
};

}  // namespace

Findings examine_secrets(const Scene& scene, Knowledge& known) { return SecretsCheck(scene, known).run(); }

}  // namespace keyturn::doctor
