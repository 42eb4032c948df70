#include "fleet/parallel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace keyturn::fleet {
namespace {

TEST(Parallel, EachIsDoneOnceAndNoMoreThanAllowedAtATime) {
  constexpr std::size_t kCount = 40;
  std::vector<std::atomic<int>> done(kCount);
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  for_each_bounded(kCount, 4, [&](std::size_t i) {
    const int now = ++running;
    int seen = most.load();
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
    ++done[i];
    --running;
  });
  EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](const auto& d) { return d.load() == 1; }));
  EXPECT_LE(most.load(), 4);
  EXPECT_GE(most.load(), 2);
}

TEST(Parallel, NothingToDoAndNoConcurrencyAreFine) {
  int calls = 0;
  for_each_bounded(0, 4, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 0);
  for_each_bounded(3, 0, [&](std::size_t) { ++calls; });
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace keyturn::fleet
