#include "aws/credential_source.h"

namespace keyturn::aws {
namespace {

constexpr Duration kRenewBefore = std::chrono::minutes{10};
constexpr Duration kUnusableBefore = std::chrono::minutes{1};

bool expires_within(const Credentials& credentials, TimePoint now, Duration margin) {
  return credentials.expires_at && *credentials.expires_at - now <= margin;
}

}  // namespace

Result<Credentials> CachedCredentials::get() {
  const std::lock_guard lock(mutex_);
  const TimePoint now = clock_.now();
  if (cached_ && !expires_within(*cached_, now, kRenewBefore)) return *cached_;
  auto fresh = fetch_();
  if (fresh) {
    cached_ = *fresh;
    return fresh;
  }
  if (cached_ && !expires_within(*cached_, now, kUnusableBefore)) return *cached_;
  return fresh;
}

void CachedCredentials::expire() {
  const std::lock_guard lock(mutex_);
  cached_.reset();
}

}  // namespace keyturn::aws
