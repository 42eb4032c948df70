#include "sim/sql_datetime.h"

#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <limits>

#include "sim/sql_error.h"

namespace keyturn::sim {
namespace {

constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

SqlTicks floor_to(SqlTicks ticks, SqlTicks unit) { return ticks - (ticks % unit); }

SqlTicks from_days(std::chrono::sys_days days) {
  return kTicksAt1970 + days.time_since_epoch().count() * kTicksPerDay;
}

std::string fraction_text(std::int64_t fraction, int digits) {
  if (digits <= 0) return {};
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%07lld", static_cast<long long>(fraction));
  return "." + std::string(buffer.data(), static_cast<std::size_t>(digits > 7 ? 7 : digits));
}

template <class... Args>
std::string print(const char* format, Args... args) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, args...);
  return buffer.data();
}

class DateParser {
 public:
  explicit DateParser(std::string_view text) : text_(text) {
    while (!text_.empty() && text_.back() == ' ') text_.remove_suffix(1);
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }

  std::optional<SqlTicks> parse() {
    CivilTime civil{1900, 1, 1, 0, 0, 0, 0};
    if (text_.empty()) return from_civil(civil);
    const bool time_only =
        text_.find(':') != std::string_view::npos && text_.find('-') == std::string_view::npos;
    if (!time_only && !date(civil)) return std::nullopt;
    if (!time_only && !text_.empty()) {
      if (text_.front() != ' ' && text_.front() != 'T') return std::nullopt;
      text_.remove_prefix(1);
    }
    std::int64_t offset_minutes = 0;
    if (!text_.empty() && (!time(civil) || !offset(offset_minutes))) return std::nullopt;
    if (!text_.empty()) return std::nullopt;
    const auto ticks = from_civil(civil);
    if (!ticks) return std::nullopt;
    return *ticks - offset_minutes * 60 * kTicksPerSecond;
  }

 private:
  bool number(int digits, int& out) {
    if (text_.size() < static_cast<std::size_t>(digits)) return false;
    out = 0;
    for (int i = 0; i < digits; ++i) {
      const auto c = static_cast<unsigned char>(text_[static_cast<std::size_t>(i)]);
      if (std::isdigit(c) == 0) return false;
      out = out * 10 + (c - '0');
    }
    text_.remove_prefix(static_cast<std::size_t>(digits));
    return true;
  }
  bool symbol(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool date(CivilTime& civil) {
    if (!number(4, civil.year)) return false;
    const bool dashed = symbol('-') || symbol('/');
    if (!number(2, civil.month)) return false;
    if (dashed && !symbol('-') && !symbol('/')) return false;
    return number(2, civil.day);
  }
  bool time(CivilTime& civil) {
    if (!number(2, civil.hour) || !symbol(':') || !number(2, civil.minute)) return false;
    if (!symbol(':')) return true;
    if (!number(2, civil.second)) return false;
    if (!symbol('.')) return true;
    std::int64_t unit = kTicksPerSecond / 10;
    int digits = 0;
    for (int digit = 0; number(1, digit); ++digits, unit /= 10) civil.fraction += digit * unit;
    return digits > 0 && digits <= 9;
  }
  bool offset(std::int64_t& minutes) {
    if (symbol('Z') || text_.empty()) return true;
    symbol(' ');
    const bool negative = symbol('-');
    if (!negative && !symbol('+')) return false;
    int hour = 0;
    int minute = 0;
    if (!number(2, hour) || !symbol(':') || !number(2, minute) || hour > 14 || minute > 59) return false;
    minutes = (negative ? -1 : 1) * (hour * 60 + minute);
    return true;
  }

  std::string_view text_;
};

SqlTicks unit_of(DatePart part) {
  switch (part) {
    case DatePart::week:
      return 7 * kTicksPerDay;
    case DatePart::hour:
      return 3600 * kTicksPerSecond;
    case DatePart::minute:
      return 60 * kTicksPerSecond;
    case DatePart::second:
      return kTicksPerSecond;
    case DatePart::ms:
      return kTicksPerMs;
    case DatePart::us:
      return 10;
    case DatePart::ns:
      return 1;
    default:
      return kTicksPerDay;
  }
}

std::optional<SqlTicks> checked_sum(SqlTicks ticks, std::int64_t count, SqlTicks unit) {
  SqlTicks product = 0;
  SqlTicks sum = 0;
  const bool overflow =
      __builtin_mul_overflow(count, unit, &product) || __builtin_add_overflow(ticks, product, &sum);
  return overflow ? std::nullopt : std::optional(sum);
}

}  // namespace

SqlTicks to_ticks(TimePoint time) { return kTicksAt1970 + time.time_since_epoch().count() * kTicksPerMs; }
TimePoint to_time_point(SqlTicks ticks) { return TimePoint{Duration{(ticks - kTicksAt1970) / kTicksPerMs}}; }

SqlTicks round_to_datetime_ticks(SqlTicks ticks) {
  const SqlTicks day = floor_to(ticks, kTicksPerDay);
  const SqlTicks units = ((ticks - day) * 300 + kTicksPerSecond / 2) / kTicksPerSecond;
  const std::int64_t ms = (units * 1000 + 150) / 300;  // shown as .000, .003, .007
  return day + ms * kTicksPerMs;
}

SqlTicks round_to_scale(SqlTicks ticks, int scale) {
  SqlTicks unit = 1;
  for (int i = scale; i < 7; ++i) unit *= 10;
  return floor_to(ticks + unit / 2, unit);
}

CivilTime to_civil(SqlTicks ticks) {
  const SqlTicks days = ticks / kTicksPerDay;
  const SqlTicks rest = ticks % kTicksPerDay;
  const std::chrono::sys_days date{std::chrono::days{days - kTicksAt1970 / kTicksPerDay}};
  const std::chrono::year_month_day ymd{date};
  const auto seconds = static_cast<int>(rest / kTicksPerSecond);
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          seconds / 3600,
          seconds / 60 % 60,
          seconds % 60,
          rest % kTicksPerSecond};
}

std::optional<SqlTicks> from_civil(const CivilTime& c) {
  const std::chrono::year_month_day ymd{std::chrono::year{c.year},
                                        std::chrono::month{static_cast<unsigned>(c.month)},
                                        std::chrono::day{static_cast<unsigned>(c.day)}};
  if (!ymd.ok() || c.year < 1 || c.year > 9999) return std::nullopt;
  if (c.hour > 23 || c.minute > 59 || c.second > 59) return std::nullopt;
  return from_days(std::chrono::sys_days{ymd}) +
         (c.hour * 3600 + c.minute * 60 + c.second) * kTicksPerSecond + c.fraction;
}

std::string format_date(SqlTicks ticks, int style, int digits) {
  const CivilTime c = to_civil(ticks);
  const std::string iso_date = print("%04d-%02d-%02d", c.year, c.month, c.day);
  const std::string clock = print("%02d:%02d:%02d", c.hour, c.minute, c.second);
  switch (style) {
    case 0:
    case 100:
      return std::string(kMonths[static_cast<std::size_t>(c.month - 1)]) +
             print(" %2d %04d %2d:%02d%s", c.day, c.year, c.hour % 12 == 0 ? 12 : c.hour % 12, c.minute,
                   c.hour < 12 ? "AM" : "PM");
    case 1:
      return print("%02d/%02d/%02d", c.month, c.day, c.year % 100);
    case 23:
      return iso_date;
    case 101:
      return print("%02d/%02d/%04d", c.month, c.day, c.year);
    case 103:
      return print("%02d/%02d/%04d", c.day, c.month, c.year);
    case 104:
      return print("%02d.%02d.%04d", c.day, c.month, c.year);
    case 8:
    case 108:
      return clock;
    case 14:
    case 114:
      return clock + ":" + fraction_text(c.fraction, 3).substr(1);
    case 112:
      return print("%04d%02d%02d", c.year, c.month, c.day);
    case 20:
    case 120:
      return iso_date + " " + clock;
    case 126:
      return iso_date + "T" + clock + (c.fraction == 0 ? "" : fraction_text(c.fraction, digits));
    case 127:
      return iso_date + "T" + clock + (c.fraction == 0 ? "" : fraction_text(c.fraction, digits)) + "Z";
    default:
      return iso_date + " " + clock + fraction_text(c.fraction, digits);
  }
}

std::optional<SqlTicks> parse_date(std::string_view text) { return DateParser(text).parse(); }

std::optional<DatePart> parse_date_part(std::string_view name) {
  struct Named {
    const char* name;
    DatePart part;
  };
  static constexpr std::array<Named, 36> kParts{
      {{"year", DatePart::year},       {"yy", DatePart::year},
       {"yyyy", DatePart::year},       {"quarter", DatePart::quarter},
       {"qq", DatePart::quarter},      {"q", DatePart::quarter},
       {"month", DatePart::month},     {"mm", DatePart::month},
       {"m", DatePart::month},         {"dayofyear", DatePart::day_of_year},
       {"dy", DatePart::day_of_year},  {"y", DatePart::day_of_year},
       {"day", DatePart::day},         {"dd", DatePart::day},
       {"d", DatePart::day},           {"week", DatePart::week},
       {"wk", DatePart::week},         {"ww", DatePart::week},
       {"weekday", DatePart::weekday}, {"dw", DatePart::weekday},
       {"w", DatePart::weekday},       {"hour", DatePart::hour},
       {"hh", DatePart::hour},         {"minute", DatePart::minute},
       {"mi", DatePart::minute},       {"n", DatePart::minute},
       {"second", DatePart::second},   {"ss", DatePart::second},
       {"s", DatePart::second},        {"millisecond", DatePart::ms},
       {"ms", DatePart::ms},           {"microsecond", DatePart::us},
       {"mcs", DatePart::us},          {"nanosecond", DatePart::ns},
       {"ns", DatePart::ns},           {"iso_week", DatePart::week}}};
  for (const Named& named : kParts)
    if (same_name(named.name, name)) return named.part;
  return std::nullopt;
}

std::optional<SqlTicks> date_add(DatePart part, std::int64_t count, SqlTicks ticks) {
  if (part == DatePart::ns) return ticks + count / 100;
  if (part != DatePart::year && part != DatePart::quarter && part != DatePart::month)
    return checked_sum(ticks, count, unit_of(part));
  if (count < -120'000 || count > 120'000) return std::nullopt;
  const std::int64_t months = count * (part == DatePart::year ? 12 : part == DatePart::quarter ? 3 : 1);
  CivilTime civil = to_civil(ticks);
  const std::int64_t total = civil.year * 12LL + civil.month - 1 + months;
  civil.year = static_cast<int>(total / 12);
  civil.month = static_cast<int>(total % 12) + 1;
  if (civil.year < 1 || civil.year > 9999) return std::nullopt;
  const std::chrono::year_month_day_last last{
      std::chrono::year{civil.year},
      std::chrono::month_day_last{std::chrono::month{static_cast<unsigned>(civil.month)}}};
  civil.day = std::min(civil.day, static_cast<int>(static_cast<unsigned>(last.day())));
  return from_civil(civil);
}

std::int64_t date_diff(DatePart part, SqlTicks from, SqlTicks to) {
  const CivilTime a = to_civil(from);
  const CivilTime b = to_civil(to);
  switch (part) {
    case DatePart::year:
      return b.year - a.year;
    case DatePart::quarter:
      return (b.year * 4 + (b.month - 1) / 3) - (a.year * 4 + (a.month - 1) / 3);
    case DatePart::month:
      return (b.year * 12 + b.month) - (a.year * 12 + a.month);
    case DatePart::ns: {
      const auto nanoseconds = checked_sum(0, to - from, 100);
      return nanoseconds.value_or(std::numeric_limits<std::int64_t>::max());
    }
    case DatePart::week: {  // weeks begin on Sunday; 0001-01-01 was a Monday
      return (to / kTicksPerDay + 1) / 7 - (from / kTicksPerDay + 1) / 7;
    }
    default:
      return to / unit_of(part) - from / unit_of(part);
  }
}

std::int64_t date_part(DatePart part, SqlTicks ticks) {
  const CivilTime c = to_civil(ticks);
  const auto first = from_civil({c.year, 1, 1, 0, 0, 0, 0});
  const std::int64_t day_of_year = (ticks - first.value_or(0)) / kTicksPerDay + 1;
  switch (part) {
    case DatePart::year:
      return c.year;
    case DatePart::quarter:
      return (c.month - 1) / 3 + 1;
    case DatePart::month:
      return c.month;
    case DatePart::day_of_year:
      return day_of_year;
    case DatePart::day:
      return c.day;
    case DatePart::week:
      return (day_of_year - 1 + (first.value_or(0) / kTicksPerDay + 1) % 7) / 7 + 1;
    case DatePart::weekday:
      return (ticks / kTicksPerDay + 1) % 7 + 1;
    case DatePart::hour:
      return c.hour;
    case DatePart::minute:
      return c.minute;
    case DatePart::second:
      return c.second;
    case DatePart::ms:
      return c.fraction / kTicksPerMs;
    case DatePart::us:
      return c.fraction / 10;
    case DatePart::ns:
      return c.fraction * 100;
  }
  return 0;
}

}  // namespace keyturn::sim
