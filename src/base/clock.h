// Time and interruption, as the rest of the program sees them. Nothing reads the system's clock but
// SystemClock.
#pragma once

#include <atomic>

#include "base/time.h"

namespace keyturn {

// A request to stop starting new work. Set from a signal handler or another thread; lock-free.
class StopFlag {
 public:
  void request() noexcept { requested_.store(true); }
  [[nodiscard]] bool requested() const noexcept { return requested_.load(); }

 private:
  std::atomic<bool> requested_{false};
};

// Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;
  // Returns when `duration` has passed, or soon after `stop` is requested.
  virtual void sleep_for(Duration duration, const StopFlag* stop) = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  void sleep_for(Duration duration, const StopFlag* stop) override;
};

}  // namespace keyturn
