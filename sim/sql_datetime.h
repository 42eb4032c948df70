// SQL Server's date arithmetic. A date is a count of 100 ns since 0001-01-01 00:00, as DATETIME2 holds it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace keyturn::sim {

using SqlTicks = std::int64_t;
constexpr SqlTicks kTicksPerMs = 10'000;
constexpr SqlTicks kTicksPerSecond = 1000 * kTicksPerMs;
constexpr SqlTicks kTicksPerDay = 86'400 * kTicksPerSecond;
constexpr SqlTicks kTicksAt1900 = 693'595 * kTicksPerDay;  // where `datetime` counts from
constexpr SqlTicks kTicksAt1970 = 719'162 * kTicksPerDay;

SqlTicks to_ticks(TimePoint time);
TimePoint to_time_point(SqlTicks ticks);
SqlTicks round_to_datetime_ticks(SqlTicks ticks);    // 1/300 s
SqlTicks round_to_scale(SqlTicks ticks, int scale);  // fraction digits, 0…7

struct CivilTime {
  int year, month, day, hour, minute, second;
  std::int64_t fraction;  // 100 ns
};
CivilTime to_civil(SqlTicks ticks);
std::optional<SqlTicks> from_civil(const CivilTime& civil);

// CONVERT's styles 0, 1, 23, 100, 101, 103, 104, 108, 112, 114, 120, 121, 126, 127; others as 121. `digits`:
// of the fraction.
std::string format_date(SqlTicks ticks, int style, int digits);
// ISO 8601 and its relatives: "2026-01-02", "20260102", "2026-01-02 03:04[:05[.678]]", 'T', 'Z', "+02:00",
// "03:04:05".
std::optional<SqlTicks> parse_date(std::string_view text);

enum class DatePart {
  year,
  quarter,
  month,
  day_of_year,
  day,
  week,
  weekday,
  hour,
  minute,
  second,
  ms,
  us,
  ns
};
std::optional<DatePart> parse_date_part(std::string_view name);  // also SQL Server's abbreviations
std::optional<SqlTicks> date_add(DatePart part, std::int64_t count, SqlTicks ticks);
std::int64_t date_diff(DatePart part, SqlTicks from, SqlTicks to);  // borders crossed
std::int64_t date_part(DatePart part, SqlTicks ticks);

}  // namespace keyturn::sim
