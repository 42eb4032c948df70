#include "sim/sql_app_locks.h"

#include <algorithm>

namespace keyturn::sim {
namespace {

bool compatible(AppLockMode a, AppLockMode b) {
  if (a == AppLockMode::shared) return b != AppLockMode::exclusive;
  return a == AppLockMode::update && b == AppLockMode::shared;
}

}  // namespace

bool AppLocks::try_acquire(const Holder& wanted) {
  const std::lock_guard lock(mutex_);
  const bool blocked = std::any_of(holders_.begin(), holders_.end(), [&](const Holder& held) {
    return held.session != wanted.session && held.resource == wanted.resource &&
           !compatible(held.mode, wanted.mode);
  });
  if (!blocked) holders_.push_back(wanted);
  return !blocked;
}

int AppLocks::acquire(int session, const std::string& resource, AppLockMode mode, bool until_transaction_ends,
                      Duration timeout, Clock& clock, const StopFlag& stop) {
  constexpr Duration kNap{10};
  const Holder wanted{session, resource, mode, until_transaction_ends};
  if (try_acquire(wanted)) return kAppLockGranted;
  const TimePoint start = clock.now();
  while (timeout < Duration{0} || clock.now() - start < timeout) {
    clock.sleep_for(kNap, &stop);
    if (stop.requested()) return kAppLockCancelled;
    if (try_acquire(wanted)) return kAppLockGrantedAfterWait;
  }
  return kAppLockTimeout;
}

bool AppLocks::release(int session, const std::string& resource) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(holders_.begin(), holders_.end(), [&](const Holder& held) {
    return held.session == session && held.resource == resource;
  });
  if (it == holders_.end()) return false;
  holders_.erase(it);
  return true;
}

void AppLocks::end_transaction(int session) {
  const std::lock_guard lock(mutex_);
  std::erase_if(holders_,
                [&](const Holder& held) { return held.session == session && held.until_transaction_ends; });
}

void AppLocks::end_session(int session) {
  const std::lock_guard lock(mutex_);
  std::erase_if(holders_, [&](const Holder& held) { return held.session == session; });
}

}  // namespace keyturn::sim
