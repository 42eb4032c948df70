// TYPE_INFO and values as clients send them.
#include <algorithm>
#include <cmath>

#include "lab/tds_types.h"
#include "sim/sql_datetime.h"

namespace keyturn::lab {
namespace {

using sim::SqlKind;
using sim::SqlType;
using sim::Value;

// Code page 1252, as far as it is Latin-1.
std::string from_latin1(std::string_view bytes) {
  std::u16string text;
  for (const char c : bytes) text += static_cast<char16_t>(static_cast<std::uint8_t>(c));
  return sim::to_utf8(text);
}

std::string read_plp(ByteReader& in, bool& null) {
  null = in.u64() == kPlpNull;
  std::string bytes;
  if (null) return bytes;
  for (std::uint32_t size = in.u32(); size != 0; size = in.u32()) bytes += in.take(size);
  return bytes;
}

std::int64_t sign_extend(std::uint64_t value, std::size_t size) {
  if (size == 1) return static_cast<std::int64_t>(value);  // tinyint has no sign
  const std::size_t shift = 64 - 8 * size;
  return static_cast<std::int64_t>(value << shift) >> shift;
}

sim::TypedValue integer_value(std::size_t size, std::uint64_t bits) {
  const SqlKind kind = size == 1   ? SqlKind::tinyint
                       : size == 2 ? SqlKind::smallint
                       : size == 4 ? SqlKind::integer
                                   : SqlKind::bigint;
  return {sim::type_of(kind), Value{sign_extend(bits, size)}};
}

sim::TypedValue real_value(std::size_t size, std::uint64_t bits) {
  if (size == 4) {
    float number = 0;
    const auto narrow = static_cast<std::uint32_t>(bits);
    __builtin_memcpy(&number, &narrow, sizeof number);
    return {sim::type_of(SqlKind::real), Value{double{number}}};
  }
  double number = 0;
  __builtin_memcpy(&number, &bits, sizeof number);
  return {sim::type_of(SqlKind::float_), Value{number}};
}

sim::TypedValue datetime_value(ByteReader& in, std::size_t size) {
  if (size == 4) {
    const std::int64_t days = in.u16();
    const std::int64_t minutes = in.u16();
    return {sim::type_of(SqlKind::smalldatetime),
            Value{sim::kTicksAt1900 + days * sim::kTicksPerDay + minutes * 60 * sim::kTicksPerSecond}};
  }
  constexpr std::int32_t kFirstDay = -53'690;   // 1753-01-01
  constexpr std::int32_t kLastDay = 2'958'463;  // 9999-12-31
  const auto days = static_cast<std::int32_t>(in.u32());
  const std::int64_t count = in.u32();
  if (days < kFirstDay || days > kLastDay) throw MalformedMessage("a date outside the range of datetime");
  return {sim::datetime(),
          Value{sim::kTicksAt1900 + days * sim::kTicksPerDay + count * sim::kTicksPerSecond / 300}};
}

// A type with a one-byte length before its value; `max` is the length that its TYPE_INFO states.
sim::TypedValue nullable(ByteReader& in, std::uint8_t code, std::size_t max) {
  const std::size_t size = in.u8();
  const auto known = [](std::size_t length) {
    return length == 1 || length == 2 || length == 4 || length == 8;
  };
  if (!known(max) || (size != 0 && !known(size))) {
    throw MalformedMessage("a value of a length that its type does not have");
  }
  const std::size_t width = size == 0 ? max : size;
  if (size == 0) {
    sim::TypedValue empty;
    empty.type = code == 0x68   ? sim::bit()
                 : code == 0x6F ? sim::datetime()
                 : code == 0x26 ? integer_value(width, 0).type
                                : real_value(8, 0).type;
    return empty;
  }
  if (code == 0x6F && size < 4) throw MalformedMessage("a datetime of another length");
  if (code == 0x6F) return datetime_value(in, size);
  const std::uint64_t bits = in.number(size);
  if (code == 0x68) return {sim::bit(), Value{std::int64_t{bits != 0}}};
  if (code == 0x26) return integer_value(size, bits);
  if (code == 0x6D) return real_value(size, bits);
  // Money: two halves, the high one first; 1/10000.
  const auto raw = size == 4 ? sign_extend(bits, 4) : static_cast<std::int64_t>((bits << 32) | (bits >> 32));
  return {{SqlKind::decimal, 0, 19, 4}, Value{static_cast<double>(raw) / 10000.0}};
}

sim::TypedValue decimal_value(ByteReader& in) {
  in.skip(1);
  sim::TypedValue result{{SqlKind::decimal, 0, in.u8(), in.u8()}, {}};
  const std::size_t size = in.u8();
  if (size == 0) return result;
  const bool positive = in.u8() != 0;
  const std::string_view magnitude = in.take(size - 1);
  double number = 0;
  for (std::size_t i = magnitude.size(); i > 0; --i)
    number = number * 256 + static_cast<std::uint8_t>(magnitude[i - 1]);
  number /= std::pow(10.0, result.type.scale);
  result.value = positive ? number : -number;
  return result;
}

sim::TypedValue new_date_value(ByteReader& in, std::uint8_t code) {
  const int scale = code == 0x28 ? 0 : std::min<int>(in.u8(), 7);
  SqlType type = sim::type_of(code == 0x28   ? SqlKind::date
                              : code == 0x29 ? SqlKind::time
                              : code == 0x2A ? SqlKind::datetime2
                                             : SqlKind::datetimeoffset);
  type.scale = static_cast<std::uint8_t>(scale);
  const std::size_t size = in.u8();
  if (size == 0) return {type, {}};
  ByteReader value(in.take(size));
  sim::SqlTicks ticks = 0;
  if (code != 0x28) {
    sim::SqlTicks unit = 1;
    for (int i = scale; i < 7; ++i) unit *= 10;
    ticks = static_cast<sim::SqlTicks>(value.number(time_size(scale))) * unit % sim::kTicksPerDay;
  }
  if (code != 0x29) ticks += static_cast<sim::SqlTicks>(value.number(3) % 3'652'059) * sim::kTicksPerDay;
  return {type, Value{ticks}};
}

SqlType text_type(SqlKind kind, std::size_t max_bytes, std::size_t unit) {
  SqlType type;
  type.kind = kind;
  type.length = max_bytes == 0xFFFF ? SqlType::kMax : std::max<int>(static_cast<int>(max_bytes / unit), 1);
  return type;
}

sim::TypedValue text_value(ByteReader& in, std::uint8_t code) {
  const std::size_t max = in.u16();
  const bool binary = code == 0xA5 || code == 0xAD;
  const bool wide = code == 0xE7 || code == 0xEF;
  if (!binary) in.skip(5);
  const SqlKind kind = binary         ? SqlKind::varbinary
                       : code == 0xE7 ? SqlKind::nvarchar
                       : code == 0xEF ? SqlKind::nchar
                       : code == 0xA7 ? SqlKind::varchar
                                      : SqlKind::char_;
  sim::TypedValue result{text_type(kind, max, wide ? 2 : 1), {}};
  bool null = false;
  std::string bytes;
  if (max == 0xFFFF) {
    bytes = read_plp(in, null);
  } else {
    const std::size_t size = in.u16();
    null = size == 0xFFFF;
    if (!null) bytes = in.take(size);
  }
  if (!null) result.value = binary ? bytes : wide ? sim::to_utf8(utf16_of(bytes)) : from_latin1(bytes);
  return result;
}

sim::TypedValue old_text_value(ByteReader& in, std::uint8_t code) {  // TEXT, NTEXT, IMAGE
  in.skip(4);
  if (code != 0x22) in.skip(5);
  const std::uint32_t size = in.u32();
  sim::TypedValue result{text_type(code == 0x63   ? SqlKind::nvarchar
                                   : code == 0x23 ? SqlKind::varchar
                                                  : SqlKind::varbinary,
                                   0xFFFF, 1),
                         {}};
  if (size == 0xFFFFFFFF) return result;
  const std::string_view bytes = in.take(size);
  result.value = code == 0x63   ? sim::to_utf8(utf16_of(bytes))
                 : code == 0x23 ? from_latin1(bytes)
                                : std::string(bytes);
  return result;
}

sim::TypedValue guid_value(ByteReader& in) {
  in.skip(1);
  const std::size_t size = in.u8();
  sim::TypedValue result{sim::type_of(SqlKind::uniqueidentifier), {}};
  if (size == 0) return result;
  if (size != 16) throw MalformedMessage("a GUID of another length");
  const std::string_view bytes = in.take(16);
  constexpr std::size_t kOrder[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    constexpr char kHex[] = "0123456789ABCDEF";
    const auto byte = static_cast<std::uint8_t>(bytes[kOrder[i]]);
    text += {kHex[byte >> 4], kHex[byte & 15]};
    if (i == 3 || i == 5 || i == 7 || i == 9) text += '-';
  }
  result.value = text;
  return result;
}

}  // namespace

sim::TypedValue read_parameter(ByteReader& in) {
  const std::uint8_t code = in.u8();
  switch (code) {
    case 0x1F:
      return {sim::integer(), {}};  // NULL without a type
    case 0x30:
      return integer_value(1, in.number(1));
    case 0x34:
      return integer_value(2, in.number(2));
    case 0x38:
      return integer_value(4, in.number(4));
    case 0x7F:
      return integer_value(8, in.number(8));
    case 0x32:
      return {sim::bit(), Value{std::int64_t{in.u8() != 0}}};
    case 0x3B:
      return real_value(4, in.number(4));
    case 0x3E:
      return real_value(8, in.number(8));
    case 0x3A:
      return datetime_value(in, 4);
    case 0x3D:
      return datetime_value(in, 8);
    case 0x26:
    case 0x68:
    case 0x6D:
    case 0x6E:
    case 0x6F: {
      const std::size_t max = in.u8();
      return nullable(in, code, max);
    }
    case 0x24:
      return guid_value(in);
    case 0x6A:
    case 0x6C:
      return decimal_value(in);
    case 0x28:
    case 0x29:
    case 0x2A:
    case 0x2B:
      return new_date_value(in, code);
    case 0xA5:
    case 0xAD:
    case 0xA7:
    case 0xAF:
    case 0xE7:
    case 0xEF:
      return text_value(in, code);
    case 0x22:
    case 0x23:
    case 0x63:
      return old_text_value(in, code);
    default:
      throw MalformedMessage("a type that this server does not know");
  }
}

}  // namespace keyturn::lab
