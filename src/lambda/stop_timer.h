// Requests a stop at a moment.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace keyturn::lambda {

// Ends with its scope, whether the moment has come or not. `stop` and `clock` must outlive it. Looks at the
// clock every 50 ms: a clock that jumps (an environment that was frozen) is noticed.
class StopTimer {
 public:
  StopTimer(StopFlag& stop, const Clock& clock, TimePoint at);

 private:
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace keyturn::lambda
