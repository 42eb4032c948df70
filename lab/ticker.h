// Calls something over and over, beside everything else.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

namespace keyturn::lab {

class Ticker {
 public:
  Ticker(std::function<void()> work, std::chrono::milliseconds pause)
      : thread_([this, work = std::move(work), pause] {
          while (!stopping_) {
            work();
            std::this_thread::sleep_for(pause);
          }
        }) {}
  ~Ticker() {
    stopping_ = true;
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace keyturn::lab
