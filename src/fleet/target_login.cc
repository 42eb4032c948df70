#include "fleet/target_login.h"

#include <algorithm>

#include "sqlserver/errors.h"

namespace keyturn::fleet {
namespace {

using login::Stage;

// Servers forget wrong passwords after a time of this order (Windows's "reset account lockout counter").
constexpr Duration kRefusedFor = std::chrono::minutes{15};

bool is_wrong_password(const Error& error) {
  return error.code == std::to_string(sqlserver::kErrorLoginFailed);
}

std::set<rotation::VersionId> versions_of(const std::vector<TargetLogin::Labelled>& all) {
  std::set<rotation::VersionId> versions;
  for (const auto& each : all) versions.insert(each.password.version);
  return versions;
}

}  // namespace

void TargetLogin::begin_look() {
  const std::lock_guard lock(mutex_);
  is_read_ = false;
}

// AWSPENDING is read before AWSCURRENT, and that before AWSPREVIOUS: a version that is promoted meanwhile is
// then seen all the same.
Result<std::vector<TargetLogin::Labelled>> TargetLogin::passwords() {
  if (passwords_ == nullptr) return fail(ErrorKind::usage, "keyturn does not rotate this login's password.");
  const std::lock_guard lock(mutex_);
  if (is_read_) return labelled_;
  std::vector<Labelled> read;
  for (const Stage stage : {Stage::pending, Stage::current, Stage::previous}) {
    auto password = passwords_->at(stage);
    if (!password) return fail(password.error());
    const bool is_known = *password && std::any_of(read.begin(), read.end(), [&](const Labelled& each) {
      return each.password.version == (*password)->version;
    });
    if (*password && !is_known) read.push_back({std::move(**password), stage});
  }
  std::stable_partition(read.begin(), read.end(),
                        [](const Labelled& each) { return each.stage == Stage::current; });
  labelled_ = std::move(read);
  is_read_ = true;
  return labelled_;
}

TargetLogin::Session TargetLogin::connect(const sqlserver::SqlAddress& address, const SecretString& password,
                                          Duration timeout) {
  sqlserver::SqlLogin login = login_;
  login.password = password;
  auto session = connector_.connect(address, login, timeout);
  if (!session) return fail(sqlserver::redacted(session.error(), password));
  return session;
}

Result<TargetLogin::Entry> TargetLogin::enter(const rotation::TargetName& target,
                                              const sqlserver::SqlAddress& address, Duration timeout) {
  if (passwords_ == nullptr) {
    auto session = connector_.connect(address, login_, timeout);
    if (!session) return fail(session.error());
    return Entry{*std::move(session), {}};
  }
  const auto all = in_order_for(target);
  if (!all) return fail(all.error());
  return try_all(target, address, *all, timeout);
}

Result<std::vector<TargetLogin::Labelled>> TargetLogin::in_order_for(const rotation::TargetName& target) {
  auto all = passwords();
  if (!all) return all;
  const std::lock_guard lock(mutex_);
  const auto refusal = refused_.find(target);
  if (refusal != refused_.end() && clock_.now() < refusal->second.until &&
      refusal->second.versions == versions_of(*all))
    return fail(refusal->second.error);
  if (const auto last = let_in_.find(target); last != let_in_.end())
    std::stable_partition(all->begin(), all->end(),
                          [&](const Labelled& each) { return each.password.version == last->second; });
  return all;
}

Result<TargetLogin::Entry> TargetLogin::try_all(const rotation::TargetName& target,
                                                const sqlserver::SqlAddress& address,
                                                const std::vector<Labelled>& all, Duration timeout) {
  Error refused;
  for (const Labelled& each : all) {
    auto session = connect(address, each.password.text, timeout);
    const std::lock_guard lock(mutex_);
    if (session) {
      let_in_[target] = each.password.version;
      refused_.erase(target);
      return Entry{*std::move(session), each.password.version};
    }
    refused = session.error();
    if (!is_wrong_password(refused)) return fail(std::move(refused));
  }
  refused.message += " No labelled version of the password's secret lets keyturn in.";
  refused.hint =
      "Give the login there the password of AWSCURRENT, as an administrator: ALTER LOGIN … WITH PASSWORD = … "
      "UNLOCK. " +
      refused.hint;
  const std::lock_guard lock(mutex_);
  refused_.insert_or_assign(target, Refusal{versions_of(all), clock_.now() + kRefusedFor, refused});
  return fail(std::move(refused));
}

Result<void> TargetLogin::confirm(const rotation::TargetName& target, const sqlserver::SqlAddress& address,
                                  const login::Password& password, Duration timeout) {
  const auto session = connect(address, password.text, timeout);
  if (!session) return fail(session.error());
  const std::lock_guard lock(mutex_);
  let_in_[target] = password.version;
  return {};
}

}  // namespace keyturn::fleet
