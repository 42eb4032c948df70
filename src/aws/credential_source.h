// Where a client gets the credentials that it signs with.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "aws/signing.h"
#include "base/clock.h"

namespace keyturn::aws {

// Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual Result<Credentials> get() = 0;
  // A service called them expired: the next get() must not return the same again if it can help it.
  virtual void expire() = 0;
};

class StaticCredentials final : public CredentialSource {
 public:
  explicit StaticCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Result<Credentials> get() override { return credentials_; }
  void expire() override {}

 private:
  const Credentials credentials_;
};

// Keeps what `fetch` returned until shortly before it expires: from 10 minutes before on it tries to renew,
// and goes on with the old ones if that fails, until one minute before.
class CachedCredentials final : public CredentialSource {
 public:
  using Fetch = std::function<Result<Credentials>()>;
  CachedCredentials(Fetch fetch, const Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}
  Result<Credentials> get() override;
  void expire() override;

 private:
  const Fetch fetch_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> cached_;
};

}  // namespace keyturn::aws
