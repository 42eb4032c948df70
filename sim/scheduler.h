// EventBridge Scheduler: schedules with one target each. Facts: EventBridge Scheduler API reference
// 2021-06-30.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim/event_target.h"
#include "sim/schedule_clock.h"
#include "sim/schedule_expression.h"

namespace keyturn::sim {

struct Schedule {
  std::string name;
  std::string arn;
  std::string expression;
  std::string timezone = "UTC";  // no other is read here
  bool enabled = true;
  EventTarget target;
  std::string target_json;  // as given, with what is only kept: RetryPolicy, DeadLetterConfig …
  std::string window_json;  // FlexibleTimeWindow; schedules fire at its beginning
  std::string description;
  std::optional<TimePoint> start_at, end_at;
  bool delete_when_done = false;  // ActionAfterCompletion
  TimePoint created_at, modified_at;

  // By the schedules' clock.
  std::optional<TimePoint> next_at;
  std::optional<TimePoint> last_at;
  int fired = 0;
};

// Thread-safe. There is one group, "default". What has been missed while nobody called advance() fires once.
class Scheduler {
 public:
  Scheduler(const Clock& clock, const ScheduleClock& times, EventTargets& targets, Random& random,
            std::string account = "111122223333", std::string region = "us-east-1")
      : clock_(clock),
        times_(times),
        targets_(targets),
        random_(random),
        account_(std::move(account)),
        region_(std::move(region)) {}

  // Answers the ARN. Members that the service sets are left out.
  Reply<std::string> create(Schedule schedule);
  Reply<std::string> update(Schedule schedule);  // all is replaced
  Reply<void> remove(const std::string& name);
  [[nodiscard]] Reply<Schedule> get(const std::string& name) const;
  [[nodiscard]] std::vector<Schedule> schedules() const;  // by name

  void advance();
  // At once, whatever its time and state.
  Reply<void> fire(const std::string& name);

 private:
  Reply<void> prepare(Schedule& schedule) const;
  void deliver(const Schedule& schedule);

  const Clock& clock_;
  const ScheduleClock& times_;
  EventTargets& targets_;
  Random& random_;
  const std::string account_;
  const std::string region_;
  mutable std::mutex mutex_;
  std::map<std::string, Schedule> schedules_;
};

}  // namespace keyturn::sim
