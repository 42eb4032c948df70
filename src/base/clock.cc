#include "base/clock.h"

#include <algorithm>
#include <thread>

namespace keyturn {

TimePoint SystemClock::now() const { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

void SystemClock::sleep_for(Duration duration, const StopFlag* stop) {
  // Short naps, since a signal handler may only set the flag and can't wake a condition variable.
  constexpr Duration kNap{50};
  const auto end = std::chrono::steady_clock::now() + duration;
  while (stop == nullptr || !stop->requested()) {
    const auto left = std::chrono::ceil<Duration>(end - std::chrono::steady_clock::now());
    if (left <= Duration{0}) return;
    std::this_thread::sleep_for(std::min(left, kNap));
  }
}

}  // namespace keyturn
