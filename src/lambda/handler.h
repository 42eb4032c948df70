// From an event to a response: the tasks, Secrets Manager's steps, EC2's notifications and the end of the
// stack, all over the same engine.
#pragma once

#include <optional>

#include "lambda/account.h"
#include "lambda/event.h"
#include "lambda/log.h"
#include "lambda/runtime_client.h"

namespace keyturn::lambda {

// The stop that runs of this environment look at. Each invocation begins with a fresh one at the same
// address, which the account's wiring has known from the start.
class InvocationStop {
 public:
  StopFlag& flag() { return *flag_; }
  // While no run is under way.
  void renew() { flag_.emplace(); }

 private:
  std::optional<StopFlag> flag_{std::in_place};
};

// Everything must outlive it. Not thread-safe.
struct HandlerParts {
  Account& account;
  Clock& clock;
  InvocationStop& stop;
  Log& log;
  FunctionNames names;
};

Answer handle(const HandlerParts& parts, const Invocation& invocation);

// When a run must stop so that there is time for the answer: `max_s` from now, or the invocation's deadline
// less a quarter of what is left until then, at least 1 s and at most 15 s.
TimePoint stop_at(TimePoint now, std::optional<TimePoint> deadline, std::optional<Duration> max_s);

}  // namespace keyturn::lambda
