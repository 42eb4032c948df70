#include "sim/schedule_expression.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <vector>

namespace keyturn::sim {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

tl::unexpected<ServiceError> no_schedule(const std::string& why) {
  return refuse("ValidationException", 400, "Invalid Schedule Expression: " + why);
}

std::optional<int> whole(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

// One field of cron(): which numbers it allows, and how they may be called.
struct Field {
  const char* name;
  int least;
  int most;
  std::vector<std::string> names;  // of least, least + 1 …
};

std::optional<int> value_in(const Field& field, const std::string& text) {
  const auto named = std::find(field.names.begin(), field.names.end(), text);
  const auto number =
      named == field.names.end() ? whole(text) : field.least + int(named - field.names.begin());
  return number && *number >= field.least && *number <= field.most ? number : std::nullopt;
}

// "*", "5", "1-5", "*/15", "3/6", "MON-FRI", and lists of these.
template <class Number>
Reply<std::set<Number>> read_field(const Field& field, const std::string& text) {
  const auto complain = [&] {
    return no_schedule("\"" + text + "\" is no value of the field " + field.name + " that is read here.");
  };
  std::set<Number> numbers;
  for (const std::string& part : split(text, ',')) {
    const std::size_t slash = part.find('/');
    const std::string range = part.substr(0, slash);
    const auto step = slash == std::string::npos ? std::optional(1) : whole(part.substr(slash + 1));
    const std::size_t dash = range.find('-');
    std::optional<int> from = field.least;
    std::optional<int> to = field.most;
    if (range != "*") {
      from = value_in(field, range.substr(0, dash));
      if (dash != std::string::npos)
        to = value_in(field, range.substr(dash + 1));
      else if (slash == std::string::npos)
        to = from;
    }
    if (!from || !to || !step || *step < 1 || *from > *to) return complain();
    for (int number = *from; number <= *to; number += *step) numbers.insert(Number(number));
  }
  if (numbers.empty()) return complain();
  return numbers;
}

const Field kMinutes{"minutes", 0, 59, {}};
const Field kHours{"hours", 0, 23, {}};
const Field kDays{"day-of-month", 1, 31, {}};
const Field kMonths{
    "month", 1, 12, {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}};
const Field kWeekdays{"day-of-week", 1, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}};
const Field kYears{"year", 1970, 2199, {}};

}  // namespace

Reply<ScheduleExpression::Rate> ScheduleExpression::parse_rate(const std::string& inner) {
  static const std::map<std::string, Duration> kUnits{
      {"minute", std::chrono::minutes{1}}, {"hour", std::chrono::hours{1}}, {"day", days{1}}};
  const auto words = split(inner, ' ');
  const auto count = words.size() == 2 ? whole(words[0]) : std::nullopt;
  if (!count || *count < 1)
    return no_schedule("rate() takes a positive whole number and a unit, as in rate(7 days).");
  std::string unit = words[1];
  if (unit.back() == 's') unit.pop_back();
  const auto found = kUnits.find(unit);
  if (found == kUnits.end()) return no_schedule("the unit of rate() is minutes, hours or days.");
  return Rate{found->second * *count};
}

Reply<ScheduleExpression::Cron> ScheduleExpression::parse_cron(const std::string& inner) {
  const auto fields = split(inner, ' ');
  if (fields.size() != 6)
    return no_schedule("cron() takes six fields: minutes hours day month weekday year.");
  Cron cron;
  cron.any_day = fields[2] == "?";
  cron.any_weekday = fields[4] == "?";
  cron.last_day = fields[2] == "L";
  if (cron.any_day == cron.any_weekday)
    return no_schedule("exactly one of cron()'s day-of-month and day-of-week must be \"?\".");
  ServiceError problem;
  const auto read = [&](const Field& field, const std::string& text, auto& into) {
    auto numbers = read_field<typename std::decay_t<decltype(into)>::value_type>(field, text);
    if (numbers)
      into = *std::move(numbers);
    else
      problem = numbers.error();
  };
  read(kMinutes, fields[0], cron.minutes);
  read(kHours, fields[1], cron.hours);
  if (!cron.any_day && !cron.last_day) read(kDays, fields[2], cron.days);
  read(kMonths, fields[3], cron.months);
  if (!cron.any_weekday) read(kWeekdays, fields[4], cron.weekdays);
  read(kYears, fields[5], cron.years);
  if (!problem.code.empty()) return tl::unexpected(problem);
  return cron;
}

Reply<ScheduleExpression> ScheduleExpression::parse(const std::string& text) {
  const std::size_t open = text.find('(');
  if (open == std::string::npos || text.back() != ')')
    return no_schedule("\"" + text + "\" is neither rate(…) nor cron(…) nor at(…).");
  const std::string kind = text.substr(0, open);
  const std::string inner = text.substr(open + 1, text.size() - open - 2);
  ScheduleExpression expression;
  if (kind == "rate") {
    const auto rate = parse_rate(inner);
    if (!rate) return tl::unexpected(rate.error());
    expression.kind_ = *rate;
  } else if (kind == "cron") {
    auto cron = parse_cron(inner);
    if (!cron) return tl::unexpected(cron.error());
    expression.kind_ = *std::move(cron);
  } else if (const auto at = parse_iso8601(inner + "Z"); kind == "at" && at) {
    expression.kind_ = Once{*at};
  } else {
    return no_schedule("\"" + text + "\" is neither rate(…) nor cron(…) nor at(yyyy-mm-ddThh:mm:ss).");
  }
  return expression;
}

bool ScheduleExpression::Cron::is_on(sys_days day) const {
  const std::chrono::year_month_day date(day);
  if (years.count(int(date.year())) == 0 || months.count(unsigned(date.month())) == 0) return false;
  if (!any_weekday) return weekdays.count(std::chrono::weekday(day).c_encoding() + 1) != 0;
  if (last_day) return std::chrono::year_month_day(day + std::chrono::days{1}).month() != date.month();
  return days.count(unsigned(date.day())) != 0;
}

std::optional<TimePoint> ScheduleExpression::Cron::next(TimePoint after) const {
  const sys_days last(std::chrono::year(*years.rbegin()) / 12 / 31);
  for (sys_days day = std::chrono::floor<std::chrono::days>(after); day <= last;
       day += std::chrono::days{1}) {
    if (!is_on(day)) continue;
    for (const unsigned hour : hours)
      for (const unsigned minute : minutes) {
        const TimePoint time = TimePoint(day) + std::chrono::hours(hour) + std::chrono::minutes(minute);
        if (time > after) return time;
      }
  }
  return std::nullopt;
}

std::optional<TimePoint> ScheduleExpression::next(TimePoint after, TimePoint counted_from) const {
  if (const auto* rate = std::get_if<Rate>(&kind_)) {
    if (after < counted_from) return counted_from + rate->every;
    return counted_from + rate->every * ((after - counted_from) / rate->every + 1);
  }
  if (const auto* once = std::get_if<Once>(&kind_))
    return once->at > after ? std::optional(once->at) : std::nullopt;
  return std::get<Cron>(kind_).next(after);
}

}  // namespace keyturn::sim
