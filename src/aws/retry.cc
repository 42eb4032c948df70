#include "aws/retry.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace keyturn::aws {
namespace {

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

bool is_throttling_code(std::string_view code) {
  // IAM's LimitExceeded is not among them: it means two keys, and no waiting helps.
  static constexpr std::array<std::string_view, 13> kCodes{"Throttling",
                                                           "ThrottlingException",
                                                           "ThrottledException",
                                                           "RequestThrottledException",
                                                           "TooManyRequestsException",
                                                           "ProvisionedThroughputExceededException",
                                                           "TransactionInProgressException",
                                                           "RequestLimitExceeded",
                                                           "BandwidthLimitExceeded",
                                                           "LimitExceededException",
                                                           "RequestThrottled",
                                                           "SlowDown",
                                                           "EC2ThrottledException"};
  return contains(kCodes, code);
}

bool is_transient_code(std::string_view code) {
  static constexpr std::array<std::string_view, 4> kCodes{"RequestTimeout", "RequestTimeoutException",
                                                          "PriorRequestNotComplete", "IDPCommunicationError"};
  return contains(kCodes, code);
}

bool may_pass(const Error& error) {
  return error.kind == ErrorKind::throttled || error.kind == ErrorKind::unavailable ||
         error.kind == ErrorKind::timed_out;
}

Duration retry_delay(int retry, Random& random) {
  const double limit_s = std::min(std::pow(2.0, retry - 1), 20.0);
  return Duration{Duration::rep(random.unit() * limit_s * 1000)};
}

bool RetryBudget::take(const Error& error) {
  const std::lock_guard lock(mutex_);
  const int cost = cost_of(error);
  if (left_ < cost) return false;
  left_ -= cost;
  return true;
}

void RetryBudget::give_back(const Error* last_failure) {
  const std::lock_guard lock(mutex_);
  left_ = std::min(kCapacity, left_ + (last_failure == nullptr ? 1 : cost_of(*last_failure)));
}

}  // namespace keyturn::aws
