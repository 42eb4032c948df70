// IAM's users and access keys: the two-key limit, eventual consistency, last-used data. Facts: IAM API
// reference 2010-05-08; IAM quotas ("access keys assigned to an IAM user: 2", Inactive ones count).
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "sim/principal.h"
#include "sim/service_error.h"

namespace keyturn::sim {

enum class KeyStatus { active, inactive };
const char* to_string(KeyStatus status);  // "Active", "Inactive"

struct KeyUse {
  TimePoint at;
  std::string service;
  std::string region;
};

struct IamKey {
  std::string access_key_id;
  std::string secret;
  std::string user_name;
  KeyStatus status = KeyStatus::active;
  TimePoint created_at;
  TimePoint status_changed_at;
  std::optional<KeyUse> last_used;  // the truth, without IAM's lag
};

struct IamUser {
  std::string name;
  std::string id;  // "AIDA…"
  std::string arn;
  TimePoint created_at;
  AccessPolicy policy;
};

struct SessionCredentials {
  std::string access_key_id;  // "ASIA…"
  std::string secret;
  std::string session_token;
  TimePoint expires_at;
  std::string arn;
  std::string principal_id;
};

// How long IAM takes to agree with itself. All 0: at once.
struct IamSettings {
  Duration list_delay{0};     // a new key is listed after that
  Duration usable_delay{0};   // a new key works after that
  Duration status_delay{0};   // a status set by UpdateAccessKey takes effect after that
  Duration last_used_lag{0};  // GetAccessKeyLastUsed shows a use after that
};

// Thread-safe.
class Iam {
 public:
  Iam(const Clock& clock, Random& random, std::string account = "111122223333")
      : clock_(clock), random_(random), account_(std::move(account)) {}

  // --- The service's operations ---
  [[nodiscard]] Reply<IamUser> get_user(const std::string& user) const;
  // The only answer that ever holds the secret.
  Reply<IamKey> create_access_key(const std::string& user);
  struct KeyPage {
    std::vector<IamKey> keys;  // secrets left out
    std::string marker;        // empty: that was the last page
  };
  [[nodiscard]] Reply<KeyPage> list_access_keys(const std::string& user, const std::string& marker = {},
                                                int max_items = 100) const;
  Reply<void> update_access_key(const std::string& user, const std::string& access_key_id, KeyStatus status);
  Reply<void> delete_access_key(const std::string& user, const std::string& access_key_id);
  struct LastUsedReply {
    std::string user_name;
    std::optional<KeyUse> use;
  };
  [[nodiscard]] Reply<LastUsedReply> get_access_key_last_used(const std::string& access_key_id) const;
  Reply<SessionCredentials> assume_role(const std::string& role, const std::string& session,
                                        Duration lifetime);

  // --- What requests are checked against ---
  // Who a key id stands for, and whether the key works at this instant.
  [[nodiscard]] Caller authenticate(const std::string& access_key_id) const;
  void record_use(const std::string& access_key_id, const std::string& service, const std::string& region);
  // Would a request signed with that pair be accepted at this instant?
  [[nodiscard]] bool works(const std::string& access_key_id, const std::string& secret) const;

  // --- Setting the world up ---
  void configure(const IamSettings& settings);
  IamUser add_user(const std::string& name, AccessPolicy policy);
  // A key that exists since `created_at`; the two-key limit does not hold here.
  IamKey add_key(const std::string& user, TimePoint created_at, KeyStatus status = KeyStatus::active);
  // A long-lived identity of its own, which is no IAM user that one can list: a lab's operator, a deployment
  // system.
  Caller add_principal(const std::string& name, AccessPolicy policy);
  void add_role(const std::string& name, AccessPolicy policy);
  // Of "user/NAME", principals too, or "role/NAME", also of what was assumed before; false where there is
  // none.
  bool set_policy(const std::string& identity, AccessPolicy policy);
  [[nodiscard]] std::optional<AccessPolicy> policy_of(const std::string& identity) const;
  // The next `count` secrets hold `odd` somewhere: such secrets can't be stored in a SQL Server credential
  // unchanged.
  void make_next_secrets_odd(int count, char odd);

  // --- The truth, whatever IAM would say now ---
  [[nodiscard]] std::vector<IamUser> users() const;
  [[nodiscard]] std::vector<IamKey> keys(const std::string& user) const;  // secrets included, oldest first
  [[nodiscard]] std::optional<IamKey> key(const std::string& access_key_id) const;
  [[nodiscard]] int keys_ever_created() const;  // by CreateAccessKey
  [[nodiscard]] const std::string& account() const { return account_; }

 private:
  struct Key {
    IamKey facts;
    bool effective_before = true;  // was it usable before the last change of status?
    std::vector<KeyUse> uses;      // those that last-used data may still show, oldest first
  };
  struct Session {
    SessionCredentials credentials;
    std::string role;
  };

  [[nodiscard]] Reply<void> check_user(const std::string& user) const;
  // `user` empty: whoever owns it. Keys is std::vector<Key>, const or not.
  template <class Keys>
  static auto* find_in(Keys& keys, const std::string& user, const std::string& access_key_id);
  Key& make_key(const std::string& user, TimePoint created_at, KeyStatus status);
  [[nodiscard]] KeyState state_of(const Key& key) const;
  std::string make_id(const char* prefix);
  std::string make_secret();

  const Clock& clock_;
  Random& random_;
  const std::string account_;
  mutable std::mutex mutex_;
  IamSettings settings_;
  std::map<std::string, IamUser> users_;
  std::vector<Key> keys_;                     // oldest first
  std::map<std::string, Caller> principals_;  // by access key id
  std::map<std::string, AccessPolicy> roles_;
  std::map<std::string, Session> sessions_;  // by access key id
  int keys_created_ = 0;
  int odd_secrets_ = 0;
  char odd_ = ':';
};

}  // namespace keyturn::sim
