// EventBridge: rules of the default bus, by schedule or by pattern, and the events that AWS itself puts there
// when an EC2 instance starts or stops. Facts: Amazon EventBridge API reference 2015-10-07, EC2 user guide,
// "Automate Amazon EC2 using EventBridge".
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim/ec2.h"
#include "sim/event_target.h"
#include "sim/schedule_clock.h"

namespace keyturn::sim {

struct EventRule {
  std::string name;
  std::string arn;
  std::string description;
  std::string expression;  // rate() or cron(); or
  std::string pattern;     // JSON
  bool enabled = true;
  std::string role_arn;
  std::map<std::string, EventTarget> targets;  // by id

  TimePoint created_at;  // by the schedules' clock
  std::optional<TimePoint> next_at;
  int fired = 0;
};

struct Event {
  std::string source;
  std::string detail_type;
  std::string detail = "{}";  // JSON
  std::vector<std::string> resources;
  std::optional<TimePoint> time;  // nothing: now
};

// Thread-safe.
class EventBridge {
 public:
  EventBridge(const Clock& clock, const ScheduleClock& times, EventTargets& targets, Ec2& ec2, Random& random,
              std::string account = "111122223333", std::string region = "us-east-1")
      : clock_(clock),
        times_(times),
        targets_(targets),
        ec2_(ec2),
        random_(random),
        account_(std::move(account)),
        region_(std::move(region)) {}

  // Answers the ARN. A rule of that name keeps its targets.
  Reply<std::string> put_rule(EventRule rule);
  Reply<void> remove_rule(
      const std::string& name);  // refused while it has targets; no error where it is gone
  [[nodiscard]] Reply<EventRule> rule(const std::string& name) const;
  [[nodiscard]] std::vector<EventRule> rules(const std::string& name_prefix = {}) const;  // by name
  Reply<void> set_enabled(const std::string& name, bool enabled);
  struct FailedTarget {
    std::string id;
    ServiceError error;
  };
  Reply<std::vector<FailedTarget>> put_targets(const std::string& rule,
                                               const std::vector<EventTarget>& targets);
  Reply<void> remove_targets(const std::string& rule, const std::vector<std::string>& ids);
  // The id.
  Reply<std::string> put_event(const Event& event);

  // Fires what is due, and passes on what EC2 has to tell.
  void advance();
  // A rule with a schedule, at once.
  Reply<void> fire(const std::string& name);

 private:
  std::string to_json(const Event& event, const std::string& id) const;
  void fire_schedule(const EventRule& rule);
  void send(const EventRule& rule, const std::string& event);

  const Clock& clock_;
  const ScheduleClock& times_;
  EventTargets& targets_;
  Ec2& ec2_;
  Random& random_;
  const std::string account_;
  const std::string region_;
  mutable std::mutex mutex_;
  std::map<std::string, EventRule> rules_;
};

}  // namespace keyturn::sim
