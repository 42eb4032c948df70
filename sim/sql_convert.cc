// CAST and CONVERT between SQL Server's types.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/digest.h"
#include "sim/sql_datetime.h"
#include "sim/sql_type.h"

namespace keyturn::sim {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

struct Range {
  std::int64_t low, high;
};

Range range_of(SqlKind kind) {
  switch (kind) {
    case SqlKind::tinyint:
      return {0, 255};
    case SqlKind::smallint:
      return {-32768, 32767};
    case SqlKind::integer:
      return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    default:
      return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  }
}

SqlError overflow(const SqlType& to) {
  return {8115, 16, 2, "Arithmetic overflow error converting expression to data type " + type_name(to) + ".",
          {},   0};
}

SqlError numeric_conversion_failed(const SqlType& from, const SqlType& to) {
  return {8114, 16, 5, "Error converting data type " + type_name(from) + " to " + type_name(to) + ".", {}, 0};
}

SqlResult<Value> fit_integer(std::int64_t number, const SqlType& to) {
  if (to.kind == SqlKind::bit) return Value{std::int64_t{number != 0}};
  const Range range = range_of(to.kind);
  if (number < range.low || number > range.high) return raise(overflow(to));
  return Value{number};
}

SqlResult<Value> text_to_integer(const std::string& text, const SqlType& from, const SqlType& to) {
  std::string_view digits = trim(text);
  if (to.kind == SqlKind::bit && (same_name(digits, "true") || same_name(digits, "false"))) {
    return Value{std::int64_t{same_name(digits, "true")}};
  }
  if (digits.empty()) return Value{std::int64_t{0}};
  if (digits.front() == '+') digits.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (status != std::errc{} || end != digits.data() + digits.size()) {
    if (to.kind == SqlKind::bigint) return raise(numeric_conversion_failed(from, to));
    return raise(errors::conversion_failed(type_name(from), text, type_name(to)));
  }
  return fit_integer(number, to);
}

SqlResult<Value> text_to_real(const std::string& text, const SqlType& from, const SqlType& to) {
  const std::string trimmed(trim(text));
  double number = 0;
  const auto [end, status] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (trimmed.empty() || status != std::errc{} || end != trimmed.data() + trimmed.size()) {
    return raise(numeric_conversion_failed(from, to));
  }
  return Value{number};
}

double round_decimal(double number, int scale) {
  const double unit = std::pow(10.0, scale);
  return std::round(number * unit) / unit;
}

std::string real_text(double number) {
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.6g", number);
  return buffer.data();
}

std::string decimal_text(double number, int scale) {
  std::array<char, 80> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", scale, number);
  return buffer.data();
}

SqlTicks round_date(SqlTicks ticks, const SqlType& to) {
  switch (to.kind) {
    case SqlKind::date:
      return ticks - ticks % kTicksPerDay;
    case SqlKind::time:
      return round_to_scale(ticks % kTicksPerDay, to.scale) % kTicksPerDay;
    case SqlKind::smalldatetime: {
      constexpr SqlTicks kMinute = 60 * kTicksPerSecond;
      return (ticks + kMinute / 2) / kMinute * kMinute;
    }
    case SqlKind::datetime:
      return round_to_datetime_ticks(ticks);
    default:
      return round_to_scale(ticks, to.scale);
  }
}

SqlResult<Value> to_date(const Value& value, const SqlType& from, const SqlType& to) {
  SqlTicks ticks = 0;
  if (is_text(from.kind)) {
    const auto parsed = parse_date(as_text(value));
    if (!parsed) return raise(errors::date_conversion_failed());
    ticks = *parsed;
  } else if (is_number(from.kind)) {  // days since 1900
    constexpr double kFarDays = 5e6;
    const double days = std::clamp(as_double(value), -kFarDays, kFarDays);
    ticks = kTicksAt1900 + static_cast<SqlTicks>(days * static_cast<double>(kTicksPerDay));
  } else {
    ticks = as_integer(value) + (from.kind == SqlKind::time && to.kind != SqlKind::time ? kTicksAt1900 : 0);
  }
  if (ticks < 0 || ticks >= 3'652'059 * kTicksPerDay) return raise(errors::date_conversion_failed());
  return Value{round_date(ticks, to)};
}

SqlResult<Value> to_number(const Value& value, const SqlType& from, const SqlType& to) {
  if (is_text(from.kind)) {
    if (is_integer(to.kind)) return text_to_integer(as_text(value), from, to);
    auto real = text_to_real(as_text(value), from, to);
    if (real && to.kind == SqlKind::decimal) return Value{round_decimal(as_double(*real), to.scale)};
    return real;
  }
  if (is_date(from.kind)) {
    const double days =
        static_cast<double>(as_integer(value) - kTicksAt1900) / static_cast<double>(kTicksPerDay);
    return is_integer(to.kind) ? fit_integer(static_cast<std::int64_t>(std::round(days)), to) : Value{days};
  }
  if (!is_number(from.kind)) return raise(numeric_conversion_failed(from, to));
  if (is_integer(to.kind)) {
    if (const auto* real = std::get_if<double>(&value)) {
      if (!(std::abs(*real) < 9.2e18)) return raise(overflow(to));
    }
    return fit_integer(as_integer(value), to);
  }
  const double number = as_double(value);
  return Value{to.kind == SqlKind::decimal ? round_decimal(number, to.scale) : number};
}

std::string pad(std::string text, std::size_t units, std::size_t wanted) {
  if (units < wanted) text.append(wanted - units, ' ');
  return text;
}

SqlResult<Value> to_string_type(const Value& value, const SqlType& from, const SqlType& to, int style) {
  std::string text = to_text(value, from, style);
  if (to.length == SqlType::kMax) return Value{std::move(text)};
  std::u16string units = to_utf16(text);
  const auto limit = static_cast<std::size_t>(to.length);
  if (units.size() > limit) {
    if (is_number(from.kind) && from.kind != SqlKind::float_) {
      if (is_integer(from.kind)) return Value{std::string("*")};
      return raise({8115,
                    16,
                    2,
                    "Arithmetic overflow error converting numeric to data type " + type_name(to) + ".",
                    {},
                    0});
    }
    units.resize(limit);
    text = to_utf8(units);
  }
  const bool fixed = to.kind == SqlKind::nchar || to.kind == SqlKind::char_;
  return Value{fixed ? pad(std::move(text), units.size(), limit) : std::move(text)};
}

SqlResult<Value> to_binary(const Value& value, const SqlType& from, const SqlType& to) {
  std::string bytes;
  if (from.kind == SqlKind::nvarchar || from.kind == SqlKind::nchar) {
    for (const char16_t unit : to_utf16(as_text(value))) {
      bytes += static_cast<char>(unit & 0xFF);
      bytes += static_cast<char>(unit >> 8);
    }
  } else if (is_integer(from.kind)) {
    const auto number = static_cast<std::uint64_t>(as_integer(value));
    for (int shift = from.kind == SqlKind::bigint ? 56 : 24; shift >= 0; shift -= 8) {
      bytes += static_cast<char>((number >> shift) & 0xFF);
    }
  } else {
    bytes = as_text(value);
  }
  if (to.length != SqlType::kMax) bytes.resize(std::min(bytes.size(), static_cast<std::size_t>(to.length)));
  return Value{std::move(bytes)};
}

std::string date_text(SqlTicks ticks, const SqlType& type, int style) {
  switch (type.kind) {
    case SqlKind::date:
      return format_date(ticks, style == 0 ? 23 : style, 0).substr(0, style == 0 || style >= 120 ? 10 : 64);
    case SqlKind::time:
      return format_date(ticks, 121, type.scale).substr(11);
    case SqlKind::datetime2:
      return format_date(ticks, style == 0 ? 121 : style, type.scale);
    case SqlKind::datetimeoffset:
      return format_date(ticks, style == 0 ? 121 : style, type.scale) + " +00:00";
    default:
      return format_date(ticks, style, 3);
  }
}

}  // namespace

std::string to_text(const Value& value, const SqlType& type, int style) {
  if (is_null(value)) return {};
  if (is_date(type.kind)) return date_text(as_integer(value), type, style);
  if (type.kind == SqlKind::decimal) return decimal_text(as_double(value), type.scale);
  if (type.kind == SqlKind::float_ || type.kind == SqlKind::real) return real_text(as_double(value));
  if (is_integer(type.kind)) return std::to_string(as_integer(value));
  if (type.kind == SqlKind::varbinary && (style == 1 || style == 2)) {
    std::string hex = to_hex(as_text(value));
    for (char& c : hex) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return style == 1 ? "0x" + hex : hex;
  }
  return as_text(value);
}

SqlResult<Value> convert(const Value& value, const SqlType& from, const SqlType& to, int style) {
  if (is_null(value)) return Value{};
  if (is_text(to.kind)) return to_string_type(value, from, to, style);
  if (is_date(to.kind)) return to_date(value, from, to);
  if (is_number(to.kind)) return to_number(value, from, to);
  if (to.kind == SqlKind::varbinary) return to_binary(value, from, to);
  return Value{as_text(value)};  // uniqueidentifier
}

}  // namespace keyturn::sim
