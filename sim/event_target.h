// What schedules and rules set going: functions, automations and topics, with the permissions that each
// needs. Facts: EventBridge Scheduler user guide, "Templated targets", "Universal targets"; Amazon
// EventBridge user guide, "Event bus targets", "Using resource-based policies".
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "sim/automation.h"
#include "sim/sns.h"

namespace keyturn::sim {

struct EventTarget {
  std::string id;  // of a rule's target
  std::string arn;
  std::string role_arn;  // a schedule's must have one; of a rule's targets those that start automations
  std::string input;     // JSON; empty: the event itself
};

enum class EventSender { rule, schedule };

// One attempt to reach a target.
struct EventDelivery {
  TimePoint at;
  std::string source;   // "rule/NAME" or "schedule/NAME"
  std::string target;   // ARN
  std::string outcome;  // "ok", or the error's code
  std::string answer;   // request id, execution id, message id; or the error's text
};

// Thread-safe. What it refers to must outlive it.
class EventTargets {
 public:
  EventTargets(const Clock& clock, Automation& automation, Lambda& lambda, Sns& sns, Iam& iam)
      : clock_(clock), automation_(automation), lambda_(lambda), sns_(sns), iam_(iam) {}

  // Could there be such a target? ValidationException.
  static Reply<void> check(const EventTarget& target, EventSender sender);

  // `event`: JSON, used where the target has no input of its own. The outcome is kept.
  void deliver(const std::string& source, const EventTarget& target, EventSender sender,
               const std::string& event);

  [[nodiscard]] std::vector<EventDelivery> deliveries() const;  // oldest first

 private:
  Reply<std::string> carry_out(const EventTarget& target, EventSender sender, const std::string& payload);
  Reply<std::string> call_api(const std::string& api, const Actor& actor, const std::string& input);
  Reply<std::string> invoke(const std::string& function, const std::string& payload);
  Reply<std::string> start_automation(const std::string& document, const std::string& version,
                                      const std::string& parameters, const Actor& actor);

  const Clock& clock_;
  Automation& automation_;
  Lambda& lambda_;
  Sns& sns_;
  Iam& iam_;
  mutable std::mutex mutex_;
  std::vector<EventDelivery> deliveries_;
};

}  // namespace keyturn::sim
