// Functions for tests of what calls Lambda: their environments are threads, their code a std::function.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/world.h"

namespace keyturn::sim {

// Takes itself away from the world at its end.
class TestFunctions final : public FunctionHost {
 public:
  struct Answer {
    std::string payload = "null";
    std::string error_type;  // not empty: the payload is an error's
  };
  // Called from the environments' threads, one at a time.
  using Code = std::function<Answer(const std::string& function, const std::string& payload)>;

  TestFunctions(World& world, Code code) : world_(world), code_(std::move(code)) {
    world_.lambda().set_host(this);
  }
  ~TestFunctions() override {
    world_.lambda().shut_down();
    for (std::thread& thread : threads_) thread.join();
  }

  void make(const std::string& name, const std::string& invoker = {}) {
    FunctionSettings settings;
    settings.role = "arn:aws:iam::111122223333:role/function";
    settings.timeout = std::chrono::minutes{15};
    (void)world_.lambda().create_function(name, settings, FunctionCode{nullptr, "/none"}).value();
    if (!invoker.empty())
      (void)world_.lambda().add_permission(name, {"one", "lambda:InvokeFunction", invoker, {}});
  }

  Result<void> start(const EnvironmentOrder& order) override {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, order] { serve(order); });
    return {};
  }
  void kill(const std::string& /*environment_id*/) override {}  // next() and respond() tell

 private:
  void serve(const EnvironmentOrder& order) {
    Lambda& lambda = world_.lambda();
    while (auto invocation = lambda.next(order.id, nullptr).invocation) {
      const std::unique_lock lock(code_mutex_);
      const Answer answer = code_(order.function, invocation->payload);
      if (answer.error_type.empty())
        (void)lambda.respond(order.id, invocation->request_id, answer.payload);
      else
        (void)lambda.report_error(order.id, invocation->request_id, answer.error_type, answer.payload);
    }
  }

  World& world_;
  const Code code_;
  std::mutex mutex_, code_mutex_;
  std::vector<std::thread> threads_;
};

// Lets the world go on, without any of its time passing, until `done`; false: it never was.
inline bool goes_on_until(World& world, const std::function<bool()>& done) {
  for (int i = 0; i < 5000; ++i) {
    world.advance();
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

}  // namespace keyturn::sim
