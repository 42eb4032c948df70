// Application locks: sp_getapplock and sp_releaseapplock (Microsoft Learn, "sp_getapplock").
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"

namespace keyturn::sim {

enum class AppLockMode { shared, update, exclusive };

// The procedures' return codes.
constexpr int kAppLockGranted = 0;
constexpr int kAppLockGrantedAfterWait = 1;
constexpr int kAppLockTimeout = -1;
constexpr int kAppLockCancelled = -2;
constexpr int kAppLockBadParameter = -999;

// Thread-safe. Resources are compared exactly, as SQL Server does. A lock taken twice is released twice.
class AppLocks {
 public:
  // Waits up to `timeout` by `clock` (negative: without end).
  int acquire(int session, const std::string& resource, AppLockMode mode, bool until_transaction_ends,
              Duration timeout, Clock& clock, const StopFlag& stop);
  bool release(int session, const std::string& resource);
  void end_transaction(int session);
  void end_session(int session);

 private:
  struct Holder {
    int session;
    std::string resource;
    AppLockMode mode;
    bool until_transaction_ends;
  };
  bool try_acquire(const Holder& wanted);

  std::mutex mutex_;
  std::vector<Holder> holders_;
};

}  // namespace keyturn::sim
