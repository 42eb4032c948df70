// Types and values as the server sends them.
#include "lab/tds_types.h"

#include <algorithm>
#include <cmath>

#include "sim/sql_datetime.h"

namespace keyturn::lab {
namespace {

using sim::SqlKind;
using sim::SqlType;
using sim::Value;

constexpr char kCollation[] = "\x09\x04\xD0\x00\x34";  // SQL_Latin1_General_CP1_CI_AS

std::string_view collation() { return {kCollation, 5}; }

bool large(const SqlType& type) {
  const bool wide = type.kind == SqlKind::nvarchar || type.kind == SqlKind::nchar;
  return type.length == SqlType::kMax || type.length > (wide ? 4000 : 8000);
}

std::size_t integer_size(SqlKind kind) {
  return kind == SqlKind::bit || kind == SqlKind::tinyint ? 1
         : kind == SqlKind::smallint                      ? 2
         : kind == SqlKind::integer                       ? 4
                                                          : 8;
}

std::size_t decimal_size(int precision) {
  return precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
}

std::uint64_t scaled_time(sim::SqlTicks ticks, int scale) {
  sim::SqlTicks unit = 1;
  for (int i = scale; i < 7; ++i) unit *= 10;
  return static_cast<std::uint64_t>(ticks % sim::kTicksPerDay / unit);
}

void write_collated(ByteWriter& out, std::uint8_t code, const SqlType& type, std::size_t unit) {
  out.u8(code);
  out.u16(large(type) ? 0xFFFF : static_cast<std::size_t>(std::max(type.length, 1)) * unit);
  out.raw(collation());
}

// Code page 1252, as far as it is Latin-1; other characters as '?'.
std::string to_latin1(const std::string& text) {
  std::string bytes;
  for (const char16_t unit : sim::to_utf16(text)) bytes += unit < 0x100 ? static_cast<char>(unit) : '?';
  return bytes;
}

std::string wire_text(const Value& value, const SqlType& type) {
  const std::string& text = sim::as_text(value);
  if (type.kind == SqlKind::varbinary) return text;
  if (type.kind == SqlKind::varchar || type.kind == SqlKind::char_) return to_latin1(text);
  ByteWriter bytes;
  bytes.utf16(sim::to_utf16(text));
  return bytes.bytes();
}

void write_text(ByteWriter& out, const Value& value, const SqlType& type) {
  if (large(type)) {
    if (sim::is_null(value)) return out.u64(kPlpNull);
    const std::string bytes = wire_text(value, type);
    out.u64(bytes.size());
    if (!bytes.empty()) {
      out.u32(bytes.size());
      out.raw(bytes);
    }
    return out.u32(0);
  }
  if (sim::is_null(value)) return out.u16(0xFFFF);
  const std::string bytes = wire_text(value, type).substr(0, 8000);
  out.u16(bytes.size());
  out.raw(bytes);
}

void write_decimal(ByteWriter& out, double number, const SqlType& type) {
  const std::size_t size = decimal_size(type.precision);
  out.u8(size);
  out.u8(number < 0 ? 0 : 1);
  const double magnitude = std::round(std::abs(number) * std::pow(10.0, type.scale));
  const auto low = magnitude < 9.2e18 ? static_cast<std::uint64_t>(magnitude) : std::uint64_t{0};
  if (size - 1 <= 8) return out.number(low, size - 1);
  out.u64(low);
  out.raw(std::string(size - 9, '\0'));
}

template <class Bits, class Real>
void write_real(ByteWriter& out, Real number) {
  Bits bits{};
  static_assert(sizeof bits == sizeof number);
  __builtin_memcpy(&bits, &number, sizeof bits);
  out.u8(sizeof bits);
  out.number(bits, sizeof bits);
}

void write_date(ByteWriter& out, sim::SqlTicks ticks, const SqlType& type) {
  const auto days = static_cast<std::uint64_t>(ticks / sim::kTicksPerDay);
  const std::int64_t days_1900 = (ticks - sim::kTicksAt1900) / sim::kTicksPerDay;
  switch (type.kind) {
    case SqlKind::datetime:
      out.u8(8);
      out.u32(static_cast<std::uint32_t>(days_1900));
      out.u32(static_cast<std::uint64_t>(((ticks % sim::kTicksPerDay) * 300 + sim::kTicksPerSecond / 2) /
                                         sim::kTicksPerSecond));
      break;
    case SqlKind::smalldatetime:
      out.u8(4);
      out.u16(static_cast<std::uint64_t>(days_1900));
      out.u16(static_cast<std::uint64_t>(ticks % sim::kTicksPerDay / (60 * sim::kTicksPerSecond)));
      break;
    case SqlKind::date:
      out.u8(3);
      out.number(days, 3);
      break;
    case SqlKind::time:
      out.u8(time_size(type.scale));
      out.number(scaled_time(ticks, type.scale), time_size(type.scale));
      break;
    default: {
      const bool offset = type.kind == SqlKind::datetimeoffset;
      out.u8(time_size(type.scale) + 3 + (offset ? 2 : 0));
      out.number(scaled_time(ticks, type.scale), time_size(type.scale));
      out.number(days, 3);
      if (offset) out.u16(0);
    }
  }
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

// "00112233-4455-6677-8899-AABBCCDDEEFF"; the first three groups are little-endian.
void write_guid(ByteWriter& out, const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size();) {
    if (text[i] == '-') {
      ++i;
      continue;
    }
    bytes += static_cast<char>(hex_digit(text[i]) * 16 + hex_digit(text[i + 1]));
    i += 2;
  }
  bytes.resize(16);
  constexpr std::size_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  out.u8(16);
  for (const std::size_t index : kOrder) out.u8(static_cast<std::uint8_t>(bytes[index]));
}

}  // namespace

void write_type(ByteWriter& out, const SqlType& type) {
  switch (type.kind) {
    case SqlKind::bit:
      out.raw(std::string_view("\x68\x01", 2));
      break;
    case SqlKind::tinyint:
    case SqlKind::smallint:
    case SqlKind::integer:
    case SqlKind::bigint:
      out.u8(0x26);
      out.u8(integer_size(type.kind));
      break;
    case SqlKind::real:
      out.raw(std::string_view("\x6D\x04", 2));
      break;
    case SqlKind::float_:
      out.raw(std::string_view("\x6D\x08", 2));
      break;
    case SqlKind::decimal:
      out.u8(0x6A);
      out.u8(decimal_size(type.precision));
      out.u8(type.precision);
      out.u8(type.scale);
      break;
    case SqlKind::nvarchar:
      write_collated(out, 0xE7, type, 2);
      break;
    case SqlKind::nchar:
      write_collated(out, 0xEF, type, 2);
      break;
    case SqlKind::varchar:
      write_collated(out, 0xA7, type, 1);
      break;
    case SqlKind::char_:
      write_collated(out, 0xAF, type, 1);
      break;
    case SqlKind::varbinary:
      out.u8(0xA5);
      out.u16(large(type) ? 0xFFFF : static_cast<std::size_t>(std::max(type.length, 1)));
      break;
    case SqlKind::uniqueidentifier:
      out.raw(std::string_view("\x24\x10", 2));
      break;
    case SqlKind::date:
      out.u8(0x28);
      break;
    case SqlKind::time:
    case SqlKind::datetime2:
    case SqlKind::datetimeoffset:
      out.u8(type.kind == SqlKind::time ? 0x29 : type.kind == SqlKind::datetime2 ? 0x2A : 0x2B);
      out.u8(type.scale);
      break;
    case SqlKind::datetime:
      out.raw(std::string_view("\x6F\x08", 2));
      break;
    case SqlKind::smalldatetime:
      out.raw(std::string_view("\x6F\x04", 2));
      break;
  }
}

void write_value(ByteWriter& out, const Value& value, const SqlType& type) {
  if (sim::is_text(type.kind) || type.kind == SqlKind::varbinary) return write_text(out, value, type);
  if (sim::is_null(value)) return out.u8(0);
  if (sim::is_integer(type.kind)) {
    const std::size_t size = integer_size(type.kind);
    out.u8(size);
    return out.number(static_cast<std::uint64_t>(sim::as_integer(value)), size);
  }
  if (sim::is_date(type.kind)) return write_date(out, sim::as_integer(value), type);
  if (type.kind == SqlKind::decimal) return write_decimal(out, sim::as_double(value), type);
  if (type.kind == SqlKind::real)
    return write_real<std::uint32_t>(out, static_cast<float>(sim::as_double(value)));
  if (type.kind == SqlKind::float_) return write_real<std::uint64_t>(out, sim::as_double(value));
  write_guid(out, sim::as_text(value));
}

}  // namespace keyturn::lab
