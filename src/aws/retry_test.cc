#include "aws/retry.h"

#include <gtest/gtest.h>

namespace keyturn::aws {
namespace {

using std::chrono::milliseconds;

Error error_of(ErrorKind kind) { return {kind, Effect::none, "", "", ""}; }

int takes_until_empty(RetryBudget& budget, const Error& error) {
  int count = 0;
  while (budget.take(error)) ++count;
  return count;
}

// Over many draws the longest comes near the limit, and none goes beyond it.
TEST(Retry, PausesGrowToTwentySecondsAndAreRandom) {
  SeededRandom random{1};
  for (const auto& [retry, limit] : {std::pair(1, 1'000), std::pair(2, 2'000), std::pair(5, 16'000),
                                     std::pair(6, 20'000), std::pair(60, 20'000)}) {
    Duration shortest = Duration::max();
    Duration longest{0};
    for (int i = 0; i < 500; ++i) {
      const Duration delay = retry_delay(retry, random);
      shortest = std::min(shortest, delay);
      longest = std::max(longest, delay);
    }
    EXPECT_LE(longest, milliseconds{limit});
    EXPECT_GT(longest, milliseconds{limit} * 9 / 10);
    EXPECT_LT(shortest, milliseconds{limit} / 10);
  }
}

TEST(Retry, WhatMayPassIsTriedAgain) {
  for (const ErrorKind kind : {ErrorKind::throttled, ErrorKind::unavailable, ErrorKind::timed_out})
    EXPECT_TRUE(may_pass(error_of(kind))) << to_string(kind);
  for (const ErrorKind kind : {ErrorKind::denied, ErrorKind::not_found, ErrorKind::invalid_reply})
    EXPECT_FALSE(may_pass(error_of(kind))) << to_string(kind);
  for (const char* code : {"Throttling", "SlowDown", "RequestLimitExceeded", "ThrottlingException"})
    EXPECT_TRUE(is_throttling_code(code)) << code;
  EXPECT_FALSE(is_throttling_code("LimitExceeded")) << "IAM's, of a third key";
}

TEST(RetryBudget, TimeOutsCostTwice) {
  RetryBudget budget;
  EXPECT_EQ(takes_until_empty(budget, error_of(ErrorKind::unavailable)), 100);
  EXPECT_FALSE(budget.take(error_of(ErrorKind::throttled)));
  RetryBudget another;
  EXPECT_EQ(takes_until_empty(another, error_of(ErrorKind::timed_out)), 50);
}

TEST(RetryBudget, ASuccessGivesBackWhatItsRetryCostAndNeverMoreThanThereWas) {
  const Error ill = error_of(ErrorKind::unavailable);
  RetryBudget budget;
  budget.give_back(nullptr);
  budget.give_back(&ill);
  EXPECT_EQ(takes_until_empty(budget, ill), 100);
  budget.give_back(&ill);
  EXPECT_EQ(takes_until_empty(budget, ill), 1);
  for (int i = 0; i < 4; ++i) budget.give_back(nullptr);
  EXPECT_FALSE(budget.take(ill));
  budget.give_back(nullptr);
  EXPECT_TRUE(budget.take(ill));
}

}  // namespace
}  // namespace keyturn::aws
