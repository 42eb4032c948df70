#include "sim/iam.h"

#include <algorithm>
#include <string_view>

namespace keyturn::sim {
namespace {

constexpr std::size_t kKeysPerUser = 2;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string draw(Random& random, std::string_view alphabet, unsigned bits, std::size_t length) {
  std::string text;
  text.reserve(length);
  std::uint64_t word = 0;
  for (unsigned left = 0; text.size() < length; left -= bits, word >>= bits) {
    if (left < bits) {
      word = random.next();
      left = 64;
    }
    text += alphabet[word & (alphabet.size() - 1)];
  }
  return text;
}

tl::unexpected<ServiceError> no_such_key(const std::string& access_key_id) {
  return refuse("NoSuchEntity", 404, "The Access Key with id " + access_key_id + " cannot be found.");
}

}  // namespace

const char* to_string(KeyStatus status) { return status == KeyStatus::active ? "Active" : "Inactive"; }

std::string Iam::make_id(const char* prefix) { return prefix + draw(random_, kBase32, 5, 16); }

std::string Iam::make_secret() {
  std::string secret = draw(random_, kBase64, 6, 40);
  if (odd_secrets_ > 0) {
    --odd_secrets_;
    secret[20] = odd_;
  }
  return secret;
}

Reply<void> Iam::check_user(const std::string& user) const {
  if (users_.count(user) == 0)
    return refuse("NoSuchEntity", 404, "The user with name " + user + " cannot be found.");
  return {};
}

template <class Keys>
auto* Iam::find_in(Keys& keys, const std::string& user, const std::string& access_key_id) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) {
    return key.facts.access_key_id == access_key_id && (user.empty() || key.facts.user_name == user);
  });
  return found == keys.end() ? nullptr : &*found;
}

Iam::Key& Iam::make_key(const std::string& user, TimePoint created_at, KeyStatus status) {
  IamKey key;
  key.access_key_id = make_id("AKIA");
  key.secret = make_secret();
  key.user_name = user;
  key.status = status;
  key.created_at = created_at;
  key.status_changed_at = created_at;
  keys_.push_back(Key{std::move(key), status == KeyStatus::active, {}});
  return keys_.back();
}

Reply<IamUser> Iam::get_user(const std::string& user) const {
  const std::lock_guard lock(mutex_);
  if (auto known = check_user(user); !known) return tl::unexpected(known.error());
  return users_.at(user);
}

Reply<IamKey> Iam::create_access_key(const std::string& user) {
  const std::lock_guard lock(mutex_);
  if (auto known = check_user(user); !known) return tl::unexpected(known.error());
  const auto held =
      std::count_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.facts.user_name == user; });
  if (std::size_t(held) >= kKeysPerUser)
    return refuse("LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2");
  ++keys_created_;
  return make_key(user, clock_.now(), KeyStatus::active).facts;
}

Reply<Iam::KeyPage> Iam::list_access_keys(const std::string& user, const std::string& marker,
                                          int max_items) const {
  const std::lock_guard lock(mutex_);
  if (auto known = check_user(user); !known) return tl::unexpected(known.error());
  if (max_items < 1 || max_items > 1000)
    return refuse("ValidationError", 400, "MaxItems must be between 1 and 1000.");
  KeyPage page;
  bool started = marker.empty();
  for (const Key& key : keys_) {
    if (key.facts.user_name != user || clock_.now() < key.facts.created_at + settings_.list_delay) continue;
    if (!started) {
      started = key.facts.access_key_id == marker;
      continue;
    }
    if (page.keys.size() == std::size_t(max_items)) {
      page.marker = page.keys.back().access_key_id;
      break;
    }
    page.keys.push_back(key.facts);
    page.keys.back().secret.clear();
  }
  return page;
}

Reply<void> Iam::update_access_key(const std::string& user, const std::string& access_key_id,
                                   KeyStatus status) {
  const std::lock_guard lock(mutex_);
  if (auto known = check_user(user); !known) return known;
  Key* key = find_in(keys_, user, access_key_id);
  if (key == nullptr) return no_such_key(access_key_id);
  if (key->facts.status == status) return {};
  const KeyState before = state_of(*key);
  key->effective_before = before == KeyState::usable;
  key->facts.status = status;
  key->facts.status_changed_at = clock_.now();
  return {};
}

Reply<void> Iam::delete_access_key(const std::string& user, const std::string& access_key_id) {
  const std::lock_guard lock(mutex_);
  if (auto known = check_user(user); !known) return known;
  const Key* key = find_in(keys_, user, access_key_id);
  if (key == nullptr) return no_such_key(access_key_id);
  keys_.erase(keys_.begin() + (key - keys_.data()));
  return {};
}

Reply<Iam::LastUsedReply> Iam::get_access_key_last_used(const std::string& access_key_id) const {
  const std::lock_guard lock(mutex_);
  const Key* key = find_in(keys_, {}, access_key_id);
  if (key == nullptr) return no_such_key(access_key_id);
  LastUsedReply reply{key->facts.user_name, std::nullopt};
  for (const KeyUse& use : key->uses)
    if (use.at + settings_.last_used_lag <= clock_.now()) reply.use = use;
  return reply;
}

Reply<SessionCredentials> Iam::assume_role(const std::string& role, const std::string& session,
                                           Duration lifetime) {
  const std::lock_guard lock(mutex_);
  const auto found = roles_.find(role);
  if (found == roles_.end())
    return refuse("AccessDenied", 403,
                  "User is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::" + account_ +
                      ":role/" + role);
  SessionCredentials credentials;
  credentials.access_key_id = make_id("ASIA");
  credentials.secret = make_secret();
  credentials.session_token = draw(random_, kBase64, 6, 120);
  credentials.expires_at = clock_.now() + lifetime;
  credentials.arn = "arn:aws:sts::" + account_ + ":assumed-role/" + role + "/" + session;
  credentials.principal_id = make_id("AROA") + ":" + session;
  sessions_[credentials.access_key_id] = Session{credentials, role};
  return credentials;
}

KeyState Iam::state_of(const Key& key) const {
  const TimePoint now = clock_.now();
  if (now < key.facts.created_at + settings_.usable_delay) return KeyState::propagating;
  const bool settled = now >= key.facts.status_changed_at + settings_.status_delay;
  const bool usable = settled ? key.facts.status == KeyStatus::active : key.effective_before;
  return usable ? KeyState::usable : KeyState::inactive;
}

Caller Iam::authenticate(const std::string& access_key_id) const {
  const std::lock_guard lock(mutex_);
  if (const auto principal = principals_.find(access_key_id); principal != principals_.end())
    return principal->second;
  Caller caller;
  caller.access_key_id = access_key_id;
  if (const auto session = sessions_.find(access_key_id); session != sessions_.end()) {
    const SessionCredentials& credentials = session->second.credentials;
    caller.state = clock_.now() < credentials.expires_at ? KeyState::usable : KeyState::expired;
    caller.secret = credentials.secret;
    caller.session_token = credentials.session_token;
    caller.arn = credentials.arn;
    caller.principal_id = credentials.principal_id;
    caller.policy = roles_.at(session->second.role);
  } else if (const Key* key = find_in(keys_, {}, access_key_id)) {
    const IamUser& user = users_.at(key->facts.user_name);
    caller.state = state_of(*key);
    caller.secret = key->facts.secret;
    caller.user_name = user.name;
    caller.arn = user.arn;
    caller.principal_id = user.id;
    caller.policy = user.policy;
  }
  return caller;
}

void Iam::record_use(const std::string& access_key_id, const std::string& service,
                     const std::string& region) {
  const std::lock_guard lock(mutex_);
  Key* key = find_in(keys_, {}, access_key_id);
  if (key == nullptr) return;
  const TimePoint now = clock_.now();
  key->facts.last_used = KeyUse{now, service, region};
  key->uses.push_back(*key->facts.last_used);
  // Of those that are old enough to be shown only the newest ever will be.
  const auto hidden = std::find_if(key->uses.begin(), key->uses.end(),
                                   [&](const KeyUse& use) { return use.at + settings_.last_used_lag > now; });
  if (hidden - key->uses.begin() > 1) key->uses.erase(key->uses.begin(), hidden - 1);
}

bool Iam::works(const std::string& access_key_id, const std::string& secret) const {
  const std::lock_guard lock(mutex_);
  const Key* key = find_in(keys_, {}, access_key_id);
  return key != nullptr && key->facts.secret == secret && state_of(*key) == KeyState::usable;
}

void Iam::configure(const IamSettings& settings) {
  const std::lock_guard lock(mutex_);
  settings_ = settings;
}

IamUser Iam::add_user(const std::string& name, AccessPolicy policy) {
  const std::lock_guard lock(mutex_);
  IamUser user{name, make_id("AIDA"), "arn:aws:iam::" + account_ + ":user/" + name, clock_.now(),
               std::move(policy)};
  return users_.insert_or_assign(name, std::move(user)).first->second;
}

IamKey Iam::add_key(const std::string& user, TimePoint created_at, KeyStatus status) {
  const std::lock_guard lock(mutex_);
  return make_key(user, created_at, status).facts;
}

Caller Iam::add_principal(const std::string& name, AccessPolicy policy) {
  const std::lock_guard lock(mutex_);
  Caller caller;
  caller.state = KeyState::usable;
  caller.access_key_id = make_id("AKIA");
  caller.secret = make_secret();
  caller.arn = "arn:aws:iam::" + account_ + ":user/" + name;
  caller.principal_id = make_id("AIDA");
  caller.policy = std::move(policy);
  return principals_[caller.access_key_id] = caller;
}

void Iam::add_role(const std::string& name, AccessPolicy policy) {
  const std::lock_guard lock(mutex_);
  roles_[name] = std::move(policy);
}

bool Iam::set_policy(const std::string& identity, AccessPolicy policy) {
  const std::lock_guard lock(mutex_);
  const std::string name = identity.substr(identity.find('/') + 1);
  if (identity.starts_with("role/")) {
    const auto role = roles_.find(name);
    if (role != roles_.end()) role->second = std::move(policy);
    return role != roles_.end();
  }
  if (const auto user = users_.find(name); user != users_.end()) {
    user->second.policy = std::move(policy);
    return true;
  }
  const auto principal = std::find_if(principals_.begin(), principals_.end(), [&](const auto& each) {
    return each.second.arn.ends_with(":" + identity);
  });
  if (principal != principals_.end()) principal->second.policy = std::move(policy);
  return principal != principals_.end();
}

std::optional<AccessPolicy> Iam::policy_of(const std::string& identity) const {
  const std::lock_guard lock(mutex_);
  const std::string name = identity.substr(identity.find('/') + 1);
  if (const auto role = roles_.find(name); identity.starts_with("role/"))
    return role == roles_.end() ? std::nullopt : std::optional(role->second);
  if (const auto user = users_.find(name); user != users_.end()) return user->second.policy;
  for (const auto& [id, principal] : principals_)
    if (principal.arn.ends_with(":" + identity)) return principal.policy;
  return std::nullopt;
}

void Iam::make_next_secrets_odd(int count, char odd) {
  const std::lock_guard lock(mutex_);
  odd_secrets_ = count;
  odd_ = odd;
}

std::vector<IamUser> Iam::users() const {
  const std::lock_guard lock(mutex_);
  std::vector<IamUser> all;
  for (const auto& [name, user] : users_) all.push_back(user);
  return all;
}

std::vector<IamKey> Iam::keys(const std::string& user) const {
  const std::lock_guard lock(mutex_);
  std::vector<IamKey> all;
  for (const Key& key : keys_)
    if (key.facts.user_name == user) all.push_back(key.facts);
  return all;
}

std::optional<IamKey> Iam::key(const std::string& access_key_id) const {
  const std::lock_guard lock(mutex_);
  const Key* found = find_in(keys_, {}, access_key_id);
  return found == nullptr ? std::nullopt : std::optional(found->facts);
}

int Iam::keys_ever_created() const {
  const std::lock_guard lock(mutex_);
  return keys_created_;
}

}  // namespace keyturn::sim
