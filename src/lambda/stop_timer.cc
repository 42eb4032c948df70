#include "lambda/stop_timer.h"

namespace keyturn::lambda {

StopTimer::StopTimer(StopFlag& stop, const Clock& clock, TimePoint at)
    : thread_([this, &stop, &clock, at](const std::stop_token& over) {
        std::unique_lock lock(mutex_);
        while (clock.now() < at)
          if (over_.wait_for(lock, over, std::chrono::milliseconds{50},
                             [&] { return over.stop_requested(); }))
            return;
        stop.request();
      }) {}

}  // namespace keyturn::lambda
