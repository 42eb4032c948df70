// The SDKs' standard retry mode: which failures pass, how long to wait, and a budget shared by all calls of a
// client, so that an ill service is not hammered (botocore, retries/standard.py).
#pragma once

#include <mutex>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"

namespace keyturn::aws {

bool is_throttling_code(std::string_view code);
bool is_transient_code(std::string_view code);

// Throttled, unavailable or timed out: the same request may fare better later.
bool may_pass(const Error& error);

// Before retry n = 1, 2, …: random(0, 1) * min(2^(n-1), 20) seconds.
Duration retry_delay(int retry, Random& random);

// Thread-safe token bucket of capacity 500.
class RetryBudget {
 public:
  // False when the bucket does not hold the cost of retrying this failure. The cost is 5, for time-outs 10.
  bool take(const Error& error);
  // After a success: what the last retry cost comes back, or 1 where the first try succeeded.
  void give_back(const Error* last_failure);

 private:
  static constexpr int kCapacity = 500;
  static int cost_of(const Error& error) { return error.kind == ErrorKind::timed_out ? 10 : 5; }

  std::mutex mutex_;
  int left_ = kCapacity;
};

}  // namespace keyturn::aws
