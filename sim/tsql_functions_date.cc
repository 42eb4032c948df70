// Functions of date and time. DATEADD and its kin get the date part as a number (DatePart) from the
// translator.
#include <array>
#include <cstdlib>

#include "sim/tsql_functions.h"

namespace keyturn::sim {
namespace {

using Types = std::vector<SqlType>;

SqlType plain_datetime(const Types&) { return datetime(); }
SqlType fine_datetime(const Types&) { return datetime2(7); }
SqlType offset_datetime(const Types&) { return type_of(SqlKind::datetimeoffset); }
SqlType whole(const Types&) { return integer(); }
SqlType big(const Types&) { return bigint(); }
SqlType name_text(const Types&) { return nvarchar(30); }
SqlType like_third(const Types& args) { return is_date(args[2].kind) ? args[2] : datetime(); }

SqlTicks utc_now(const SessionState& session) { return session.server.utc_now(); }

SqlResult<Value> get_date(SessionState& s, const FunctionArgs&) {
  return Value{round_to_datetime_ticks(s.server.local_now())};
}
SqlResult<Value> get_utc_date(SessionState& s, const FunctionArgs&) {
  return Value{round_to_datetime_ticks(utc_now(s))};
}
SqlResult<Value> sys_datetime(SessionState& s, const FunctionArgs&) { return Value{s.server.local_now()}; }
SqlResult<Value> sys_utc_datetime(SessionState& s, const FunctionArgs&) { return Value{utc_now(s)}; }

DatePart part_of(const Value& value) { return static_cast<DatePart>(as_integer(value)); }

SqlResult<Value> add(SessionState&, const FunctionArgs& args) {
  if (is_null(args[1]) || is_null(args[2])) return Value{};
  const auto sum = date_add(part_of(args[0]), as_integer(args[1]), as_integer(args[2]));
  if (!sum || *sum < 0 || *sum >= 3'652'059 * kTicksPerDay) {
    return raise({517, 16, 1, "Adding a value to a 'datetime' column caused an overflow.", {}, 0});
  }
  return Value{*sum};
}
SqlResult<Value> difference(SessionState&, const FunctionArgs& args) {
  if (is_null(args[1]) || is_null(args[2])) return Value{};
  return Value{date_diff(part_of(args[0]), as_integer(args[1]), as_integer(args[2]))};
}
SqlResult<Value> short_difference(SessionState& session, const FunctionArgs& args) {
  auto count = difference(session, args);
  if (count && std::abs(as_integer(*count)) > 2'147'483'647) {
    return raise(
        {535,
         16,
         0,
         "The datediff function resulted in an overflow. The number of dateparts separating two date/time "
         "instances is too large. Try to use datediff with a less precise datepart.",
         {},
         0});
  }
  return count;
}
SqlResult<Value> part(SessionState&, const FunctionArgs& args) {
  if (is_null(args[1])) return Value{};
  return Value{date_part(part_of(args[0]), as_integer(args[1]))};
}
SqlResult<Value> part_name(SessionState&, const FunctionArgs& args) {
  constexpr std::array<const char*, 12> kMonths{"January",   "February", "March",    "April",
                                                "May",       "June",     "July",     "August",
                                                "September", "October",  "November", "December"};
  constexpr std::array<const char*, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                             "Thursday", "Friday", "Saturday"};
  if (is_null(args[1])) return Value{};
  const std::int64_t number = date_part(part_of(args[0]), as_integer(args[1]));
  if (part_of(args[0]) == DatePart::month)
    return Value{std::string(kMonths[static_cast<std::size_t>(number - 1)])};
  if (part_of(args[0]) == DatePart::weekday)
    return Value{std::string(kDays[static_cast<std::size_t>(number - 1)])};
  return Value{std::to_string(number)};
}
template <DatePart kPart>
SqlResult<Value> fixed_part(SessionState&, const FunctionArgs& args) {
  return is_null(args[0]) ? Value{} : Value{date_part(kPart, as_integer(args[0]))};
}

}  // namespace

const std::vector<FunctionSpec>& date_functions() {
  static const std::vector<FunctionSpec> all{
      {"GETDATE", "", plain_datetime, get_date},
      {"CURRENT_TIMESTAMP", "", plain_datetime, get_date},
      {"GETUTCDATE", "", plain_datetime, get_utc_date},
      {"SYSDATETIME", "", fine_datetime, sys_datetime},
      {"SYSUTCDATETIME", "", fine_datetime, sys_utc_datetime},
      {"SYSDATETIMEOFFSET", "", offset_datetime, sys_utc_datetime},
      {"DATEADD", "iid", like_third, add},
      {"DATEDIFF", "idd", whole, short_difference},
      {"DATEDIFF_BIG", "idd", big, difference},
      {"DATEPART", "id", whole, part},
      {"DATENAME", "id", name_text, part_name},
      {"YEAR", "d", whole, fixed_part<DatePart::year>},
      {"MONTH", "d", whole, fixed_part<DatePart::month>},
      {"DAY", "d", whole, fixed_part<DatePart::day>},
  };
  return all;
}

}  // namespace keyturn::sim
