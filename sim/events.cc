#include "sim/events.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "sim/event_pattern.h"
#include "sim/schedule_expression.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;

tl::unexpected<ServiceError> no_rule(const std::string& name) {
  return refuse("ResourceNotFoundException", 400, "Rule " + name + " does not exist on EventBus default.");
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

std::optional<TimePoint> next_of(const EventRule& rule, TimePoint after) {
  if (!rule.enabled || rule.expression.empty()) return std::nullopt;
  return ScheduleExpression::parse(rule.expression)->next(after, rule.created_at);
}

}  // namespace

Reply<std::string> EventBridge::put_rule(EventRule rule) {
  const std::lock_guard lock(mutex_);
  if (!is_name(rule.name))
    return refuse("ValidationException", 400, "Name must have 1 to 64 letters, digits, '-', '_' and '.'.");
  if (rule.expression.empty() && rule.pattern.empty())
    return refuse("ValidationException", 400,
                  "Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (!rule.expression.empty()) {
    const auto parsed = ScheduleExpression::parse(rule.expression);
    if (!parsed) return tl::unexpected(parsed.error());
    if (rule.expression.starts_with("at("))
      return refuse("ValidationException", 400, "Parameter ScheduleExpression is not valid.");
  }
  if (!rule.pattern.empty())
    if (auto good = check_event_pattern(rule.pattern); !good) return tl::unexpected(good.error());
  rule.arn = "arn:aws:events:" + region_ + ":" + account_ + ":rule/" + rule.name;
  rule.created_at = times_.now();
  if (const auto old = rules_.find(rule.name); old != rules_.end()) {
    rule.targets = old->second.targets;
    rule.fired = old->second.fired;
  }
  rule.next_at = next_of(rule, rule.created_at);
  return rules_.insert_or_assign(rule.name, std::move(rule)).first->second.arn;
}

Reply<void> EventBridge::remove_rule(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(name);
  if (found == rules_.end()) return {};
  if (!found->second.targets.empty())
    return refuse("ValidationException", 400, "Rule can't be deleted since it has targets.");
  rules_.erase(found);
  return {};
}

Reply<EventRule> EventBridge::rule(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(name);
  if (found == rules_.end()) return no_rule(name);
  return found->second;
}

std::vector<EventRule> EventBridge::rules(const std::string& name_prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<EventRule> all;
  for (const auto& [name, rule] : rules_)
    if (name.starts_with(name_prefix)) all.push_back(rule);
  return all;
}

Reply<void> EventBridge::set_enabled(const std::string& name, bool enabled) {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(name);
  if (found == rules_.end()) return no_rule(name);
  found->second.enabled = enabled;
  found->second.next_at = next_of(found->second, times_.now());
  return {};
}

Reply<std::vector<EventBridge::FailedTarget>> EventBridge::put_targets(
    const std::string& rule, const std::vector<EventTarget>& targets) {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(rule);
  if (found == rules_.end()) return no_rule(rule);
  std::vector<FailedTarget> failed;
  for (const EventTarget& target : targets) {
    if (auto good = EventTargets::check(target, EventSender::rule); !good)
      failed.push_back({target.id, good.error()});
    else if (found->second.targets.size() >= 5 && !found->second.targets.contains(target.id))
      failed.push_back({target.id, {"LimitExceededException", 400, "A rule has at most five targets."}});
    else
      found->second.targets[target.id] = target;
  }
  return failed;
}

Reply<void> EventBridge::remove_targets(const std::string& rule, const std::vector<std::string>& ids) {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(rule);
  if (found == rules_.end()) return no_rule(rule);
  for (const std::string& id : ids) found->second.targets.erase(id);
  return {};
}

std::string EventBridge::to_json(const Event& event, const std::string& id) const {
  const TimePoint time = event.time.value_or(clock_.now());
  return json{{"version", "0"},
              {"id", id},
              {"detail-type", event.detail_type},
              {"source", event.source},
              {"account", account_},
              {"time", format_iso8601(std::chrono::floor<std::chrono::seconds>(time))},
              {"region", region_},
              {"resources", event.resources},
              {"detail", json::parse(event.detail)}}
      .dump();
}

Reply<std::string> EventBridge::put_event(const Event& event) {
  if (event.source.empty() || event.detail_type.empty())
    return refuse("InvalidArgument", 400, "Parameter Source and DetailType must be specified.");
  if (const json detail = json::parse(event.detail, nullptr, false); !detail.is_object())
    return refuse("MalformedDetail", 400, "Detail is malformed.");
  const std::string id = random_.uuid();
  const std::string text = to_json(event, id);
  std::vector<EventRule> matching;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, rule] : rules_)
      if (rule.enabled && !rule.pattern.empty() && matches_event_pattern(rule.pattern, text)) {
        ++rule.fired;
        matching.push_back(rule);
      }
  }
  for (const EventRule& rule : matching) send(rule, text);
  return id;
}

void EventBridge::send(const EventRule& rule, const std::string& event) {
  for (const auto& [id, target] : rule.targets)
    targets_.deliver("rule/" + rule.name, target, EventSender::rule, event);
}

void EventBridge::fire_schedule(const EventRule& rule) {
  send(rule, to_json({"aws.events", "Scheduled Event", "{}", {rule.arn}, {}}, random_.uuid()));
}

void EventBridge::advance() {
  std::vector<EventRule> due;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = times_.now();
    for (auto& [name, rule] : rules_) {
      if (!rule.next_at || *rule.next_at > now) continue;
      ++rule.fired;
      rule.next_at = next_of(rule, now);
      due.push_back(rule);
    }
  }
  for (const EventRule& rule : due) fire_schedule(rule);
  for (const InstanceStateChange& change : ec2_.take_state_changes())
    (void)put_event({"aws.ec2",
                     "EC2 Instance State-change Notification",
                     json{{"instance-id", change.instance_id}, {"state", to_string(change.state)}}.dump(),
                     {"arn:aws:ec2:" + region_ + ":" + account_ + ":instance/" + change.instance_id},
                     change.at});
}

Reply<void> EventBridge::fire(const std::string& name) {
  const auto found = rule(name);
  if (!found) return tl::unexpected(found.error());
  if (found->expression.empty())
    return refuse("ValidationException", 400,
                  "The rule " + name + " has no schedule; put an event that matches it.");
  {
    const std::lock_guard lock(mutex_);
    ++rules_[name].fired;
  }
  fire_schedule(*found);
  return {};
}

}  // namespace keyturn::sim
