// Asks to stop when a time is over.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace keyturn::cli {

class TimeLimit {
 public:
  // `stop` must outlive it.
  TimeLimit(Duration limit, StopFlag& stop)
      : thread_([this, limit, &stop](const std::stop_token& ended) {
          std::unique_lock lock(mutex_);
          over_.wait_for(lock, ended, limit, [] { return false; });
          if (!ended.stop_requested()) stop.request();
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace keyturn::cli
