// Time that moves only when somebody sleeps or says so.
#pragma once

#include <mutex>

#include "base/clock.h"

namespace keyturn::sim {

// Thread-safe. sleep_for() advances the clock and returns at once.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(TimePoint start) : now_(start) {}

  [[nodiscard]] TimePoint now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void sleep_for(Duration duration, const StopFlag* /*stop*/) override { advance(duration); }
  void advance(Duration duration) {
    const std::lock_guard lock(mutex_);
    now_ += duration;
  }

 private:
  mutable std::mutex mutex_;
  TimePoint now_;
};

}  // namespace keyturn::sim
