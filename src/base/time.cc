#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace keyturn {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Fields {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<Duration> time;
};

Fields split(TimePoint time) {
  const auto day = std::chrono::floor<days>(time);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss<Duration>{time - day}};
}

bool read_int(std::string_view text, std::size_t at, std::size_t width, int& value) {
  if (at + width > text.size()) return false;
  const char* first = text.data() + at;
  const auto [end, ec] = std::from_chars(first, first + width, value);
  return ec == std::errc{} && end == first + width && value >= 0;
}

struct Unit {
  std::string_view name;
  Duration length;
};

constexpr std::array<Unit, 5> kUnits{
    {{"d", days{1}}, {"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", Duration{1}}}};

tl::unexpected<Error> bad_duration(std::string_view text) {
  return fail(ErrorKind::usage, fmt::format("\"{}\" is not a duration.", text),
              "Write a number and a unit, such as 90s, 15m, 36h or 14d.");
}

}  // namespace

std::string format_iso8601(TimePoint time) {
  const Fields f = split(time);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(f.date.year()),
                                 unsigned(f.date.month()), unsigned(f.date.day()), f.time.hours().count(),
                                 f.time.minutes().count(), f.time.seconds().count());
  if (f.time.subseconds().count() != 0) text += fmt::format(".{:03}", f.time.subseconds().count());
  return text + "Z";
}

std::string format_basic_iso8601(TimePoint time) {
  const Fields f = split(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", int(f.date.year()), unsigned(f.date.month()),
                     unsigned(f.date.day()), f.time.hours().count(), f.time.minutes().count(),
                     f.time.seconds().count());
}

Result<TimePoint> parse_iso8601(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorKind::invalid_reply,
                fmt::format("\"{}\" is not a date of the form 2026-01-02T03:04:05Z.", text));
  };
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  const bool shape = text.size() >= 20 && text[4] == '-' && text[7] == '-' &&
                     (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
  if (!shape || !read_int(text, 0, 4, y) || !read_int(text, 5, 2, mo) || !read_int(text, 8, 2, d) ||
      !read_int(text, 11, 2, h) || !read_int(text, 14, 2, mi) || !read_int(text, 17, 2, s))
    return bad();
  const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month(unsigned(mo)),
                                         std::chrono::day(unsigned(d))};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return bad();
  std::size_t at = 19;
  Duration fraction{0};
  if (text[at] == '.') {
    int scale = 100;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      fraction += Duration{(text[at] - '0') * scale};
  }
  const std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "+00:00" && zone != "+0000") return bad();
  return std::chrono::sys_days{date} + hours{h} + minutes{mi} + seconds{s} + fraction;
}

Result<Duration> parse_duration(std::string_view text) {
  Duration total{0};
  std::size_t at = 0;
  if (text.empty()) return bad_duration(text);
  while (at < text.size()) {
    long long number = 0;
    const auto [end, ec] = std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (ec != std::errc{} || number < 0 || number > 1'000'000'000) return bad_duration(text);
    at = std::size_t(end - text.data());
    std::size_t unit_end = at;
    while (unit_end < text.size() && text[unit_end] >= 'a' && text[unit_end] <= 'z') ++unit_end;
    const std::string_view name = text.substr(at, unit_end - at);
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (candidate.name == name) unit = &candidate;
    if (unit == nullptr) return bad_duration(text);
    total += number * unit->length;
    at = unit_end;
  }
  return total;
}

std::string format_duration(Duration duration) {
  if (duration < Duration{0}) return "-" + format_duration(-duration);
  if (duration < seconds{60} && duration.count() % 1000 != 0)
    return duration < seconds{1} ? fmt::format("{}ms", duration.count())
                                 : fmt::format("{:.1f}s", double(duration.count()) / 1000);
  std::string text;
  int used = 0;
  for (const Unit& unit : kUnits) {
    const auto count = duration / unit.length;
    if (count > 0 && used < 2) {
      text += fmt::format("{}{}", count, unit.name);
      ++used;
    } else if (used > 0) {
      break;
    }
    duration %= unit.length;
  }
  return text.empty() ? "0s" : text;
}

TimePoint from_epoch_s(double seconds) { return TimePoint{Duration{std::llround(seconds * 1000)}}; }
double to_epoch_s(TimePoint time) { return double(time.time_since_epoch().count()) / 1000; }

}  // namespace keyturn
