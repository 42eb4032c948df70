#include "sim/scheduler.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace keyturn::sim {
namespace {

tl::unexpected<ServiceError> no_schedule(const std::string& name) {
  return refuse("ResourceNotFoundException", 404, "Schedule " + name + " does not exist.");
}
tl::unexpected<ServiceError> invalid(const std::string& why) {
  return refuse("ValidationException", 400, why);
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

std::optional<TimePoint> next_of(const Schedule& schedule, TimePoint after) {
  if (!schedule.enabled) return std::nullopt;
  const auto expression = ScheduleExpression::parse(schedule.expression);
  const TimePoint from = schedule.start_at.value_or(schedule.created_at);
  auto next = expression->next(std::max(after, from), from);
  if (next && schedule.end_at && *next > *schedule.end_at) next.reset();
  return next;
}

}  // namespace

Reply<void> Scheduler::prepare(Schedule& schedule) const {
  if (!is_name(schedule.name)) return invalid("Name must have 1 to 64 letters, digits, '-', '_' and '.'.");
  if (auto parsed = ScheduleExpression::parse(schedule.expression); !parsed)
    return tl::unexpected(parsed.error());
  if (schedule.timezone != "UTC")
    return invalid("The time zone " + schedule.timezone + " is not simulated here; UTC is.");
  if (auto good = EventTargets::check(schedule.target, EventSender::schedule); !good) return good;
  schedule.arn = "arn:aws:scheduler:" + region_ + ":" + account_ + ":schedule/default/" + schedule.name;
  schedule.modified_at = times_.now();
  return {};
}

Reply<std::string> Scheduler::create(Schedule schedule) {
  const std::lock_guard lock(mutex_);
  if (auto good = prepare(schedule); !good) return tl::unexpected(good.error());
  if (schedules_.contains(schedule.name))
    return refuse("ConflictException", 409, "Schedule " + schedule.name + " already exists.");
  schedule.created_at = schedule.modified_at;
  schedule.next_at = next_of(schedule, schedule.created_at);
  return schedules_.insert_or_assign(schedule.name, schedule).first->second.arn;
}

Reply<std::string> Scheduler::update(Schedule schedule) {
  const std::lock_guard lock(mutex_);
  if (auto good = prepare(schedule); !good) return tl::unexpected(good.error());
  const auto found = schedules_.find(schedule.name);
  if (found == schedules_.end()) return no_schedule(schedule.name);
  schedule.created_at = found->second.created_at;
  schedule.last_at = found->second.last_at;
  schedule.fired = found->second.fired;
  schedule.next_at = next_of(schedule, schedule.modified_at);
  found->second = std::move(schedule);
  return found->second.arn;
}

Reply<void> Scheduler::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (schedules_.erase(name) == 0) return no_schedule(name);
  return {};
}

Reply<Schedule> Scheduler::get(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = schedules_.find(name);
  if (found == schedules_.end()) return no_schedule(name);
  return found->second;
}

std::vector<Schedule> Scheduler::schedules() const {
  const std::lock_guard lock(mutex_);
  std::vector<Schedule> all;
  for (const auto& [name, schedule] : schedules_) all.push_back(schedule);
  return all;
}

void Scheduler::advance() {
  std::vector<Schedule> due;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = times_.now();
    for (auto at = schedules_.begin(); at != schedules_.end();) {
      Schedule& schedule = at->second;
      const auto current = at++;
      if (!schedule.next_at || *schedule.next_at > now) continue;
      schedule.last_at = now;
      ++schedule.fired;
      schedule.next_at = next_of(schedule, now);
      due.push_back(schedule);
      if (!schedule.next_at && schedule.delete_when_done) schedules_.erase(current);
    }
  }
  for (const Schedule& schedule : due) deliver(schedule);
}

Reply<void> Scheduler::fire(const std::string& name) {
  auto schedule = get(name);
  if (!schedule) return tl::unexpected(schedule.error());
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = schedules_.find(name); found != schedules_.end()) {
      found->second.last_at = times_.now();
      ++found->second.fired;
    }
  }
  deliver(*schedule);
  return {};
}

void Scheduler::deliver(const Schedule& schedule) {
  const nlohmann::json event{{"version", "0"},
                             {"id", random_.uuid()},
                             {"detail-type", "Scheduled Event"},
                             {"source", "aws.scheduler"},
                             {"account", account_},
                             {"time", format_iso8601(std::chrono::floor<std::chrono::seconds>(clock_.now()))},
                             {"region", region_},
                             {"resources", {schedule.arn}},
                             {"detail", "{}"}};
  targets_.deliver("schedule/" + schedule.name, schedule.target, EventSender::schedule, event.dump());
}

}  // namespace keyturn::sim
