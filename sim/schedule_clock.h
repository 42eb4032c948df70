// The time by which schedules fire: the account's own, or so many times faster.
#pragma once

#include <mutex>

#include "base/clock.h"

namespace keyturn::sim {

// Thread-safe. With speed 86400 a week of the schedules passes in seven seconds.
class ScheduleClock {
 public:
  explicit ScheduleClock(const Clock& clock) : clock_(clock), since_(clock.now()), then_(since_) {}

  [[nodiscard]] TimePoint now() const {
    const std::lock_guard lock(mutex_);
    return read();
  }
  // From now on; positive.
  void set_speed(double speed) {
    const std::lock_guard lock(mutex_);
    then_ = read();
    since_ = clock_.now();
    speed_ = speed;
  }

 private:
  [[nodiscard]] TimePoint read() const {
    return then_ + std::chrono::duration_cast<Duration>((clock_.now() - since_) * speed_);
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  TimePoint since_;  // by the account's clock
  TimePoint then_;   // by this one, at that moment
  double speed_ = 1;
};

}  // namespace keyturn::sim
