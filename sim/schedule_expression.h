// rate(), cron() and at(), as EventBridge and EventBridge Scheduler read them, in UTC. Facts: Amazon
// EventBridge user guide, "Schedule expressions".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>

#include "base/time.h"
#include "sim/service_error.h"

namespace keyturn::sim {

class ScheduleExpression {
 public:
  // "rate(7 days)", "cron(0 3 ? * SUN *)", "at(2026-01-02T03:04:05)". Refused with ValidationException; so
  // are cron's W and '#', which are not read here.
  static Reply<ScheduleExpression> parse(const std::string& text);

  // The first time after `after`; nothing: never again. A rate counts from `counted_from`.
  [[nodiscard]] std::optional<TimePoint> next(TimePoint after, TimePoint counted_from) const;

 private:
  struct Rate {
    Duration every;
  };
  struct Once {
    TimePoint at;
  };
  struct Cron {
    std::set<unsigned> minutes, hours, days, months, weekdays;  // weekdays: 1 is Sunday
    std::set<int> years;
    bool any_day = false;      // "?": weekdays decide
    bool any_weekday = false;  // "?": days decide
    bool last_day = false;     // L: of the month
    [[nodiscard]] bool is_on(std::chrono::sys_days day) const;
    [[nodiscard]] std::optional<TimePoint> next(TimePoint after) const;
  };
  static Reply<Rate> parse_rate(const std::string& inner);
  static Reply<Cron> parse_cron(const std::string& inner);

  std::variant<Rate, Once, Cron> kind_;
};

}  // namespace keyturn::sim
