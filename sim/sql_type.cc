#include "sim/sql_type.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keyturn::sim {
namespace {

struct Named {
  const char* name;
  SqlType type;
};

constexpr SqlType make(SqlKind kind, int length = 0, std::uint8_t precision = 18, std::uint8_t scale = 0) {
  return {kind, length, precision, scale};
}

// The first name of a kind is the one that is shown.
const std::array<Named, 27> kTypes{{
    {"bit", make(SqlKind::bit)},
    {"tinyint", make(SqlKind::tinyint)},
    {"smallint", make(SqlKind::smallint)},
    {"int", make(SqlKind::integer)},
    {"integer", make(SqlKind::integer)},
    {"bigint", make(SqlKind::bigint)},
    {"decimal", make(SqlKind::decimal)},
    {"numeric", make(SqlKind::decimal)},
    {"money", make(SqlKind::decimal, 0, 19, 4)},
    {"float", make(SqlKind::float_)},
    {"real", make(SqlKind::real)},
    {"nvarchar", make(SqlKind::nvarchar, 1)},
    {"sysname", make(SqlKind::nvarchar, 128)},
    {"ntext", make(SqlKind::nvarchar, SqlType::kMax)},
    {"varchar", make(SqlKind::varchar, 1)},
    {"text", make(SqlKind::varchar, SqlType::kMax)},
    {"nchar", make(SqlKind::nchar, 1)},
    {"char", make(SqlKind::char_, 1)},
    {"varbinary", make(SqlKind::varbinary, 1)},
    {"binary", make(SqlKind::varbinary, 1)},
    {"datetime", make(SqlKind::datetime, 0, 18, 3)},
    {"smalldatetime", make(SqlKind::smalldatetime)},
    {"datetime2", make(SqlKind::datetime2, 0, 18, 7)},
    {"datetimeoffset", make(SqlKind::datetimeoffset, 0, 18, 7)},
    {"date", make(SqlKind::date)},
    {"time", make(SqlKind::time, 0, 18, 7)},
    {"uniqueidentifier", make(SqlKind::uniqueidentifier)},
}};

// One code point from `text` at `pos`, which moves on; U+FFFD for what is not UTF-8.
char32_t next_code_point(std::string_view text, std::size_t& pos) {
  const auto lead = static_cast<unsigned char>(text[pos++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 && lead < 0xF5   ? 3
                   : lead >= 0xE0 && lead < 0xF0 ? 2
                   : lead >= 0xC2 && lead < 0xE0 ? 1
                                                 : -1;
  if (more < 0 || pos + static_cast<std::size_t>(more) > text.size()) return 0xFFFD;
  char32_t point = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[pos + static_cast<std::size_t>(i)]);
    if ((byte & 0xC0) != 0x80) return 0xFFFD;
    point = (point << 6) | (byte & 0x3FU);
  }
  pos += static_cast<std::size_t>(more);
  return point > 0x10FFFF ? 0xFFFD : point;
}

void append_utf8(std::string& out, char32_t point) {
  const auto byte = [&](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | (point >> 6));
    byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | (point >> 12));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | (point >> 18));
    byte(0x80 | ((point >> 12) & 0x3F));
    byte(0x80 | ((point >> 6) & 0x3F));
    byte(0x80 | (point & 0x3F));
  }
}

int common_length(int a, int b) {
  return a == SqlType::kMax || b == SqlType::kMax ? SqlType::kMax : std::max(a, b);
}

}  // namespace

SqlType type_of(SqlKind kind) {
  const auto it =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Named& n) { return n.type.kind == kind; });
  return it->type;
}
SqlType nvarchar(int length) { return make(SqlKind::nvarchar, length); }
SqlType datetime2(std::uint8_t scale) { return make(SqlKind::datetime2, 0, 18, scale); }

bool is_text(SqlKind kind) { return kind >= SqlKind::char_ && kind <= SqlKind::nvarchar; }
bool is_integer(SqlKind kind) { return kind >= SqlKind::bit && kind <= SqlKind::bigint; }
bool is_number(SqlKind kind) { return kind >= SqlKind::bit && kind <= SqlKind::float_; }
bool is_date(SqlKind kind) { return kind >= SqlKind::time; }

std::string type_name(const SqlType& type) {
  const auto it =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const Named& n) { return n.type.kind == type.kind; });
  return it->name;
}

std::string type_declaration(const SqlType& type) {
  if (is_text(type.kind) || type.kind == SqlKind::varbinary) {
    return type_name(type) + "(" + (type.length == SqlType::kMax ? "max" : std::to_string(type.length)) + ")";
  }
  if (type.kind == SqlKind::decimal) {
    return "decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
  }
  return type_name(type);
}

std::optional<SqlType> parse_type_name(std::string_view name) {
  for (const Named& named : kTypes)
    if (same_name(named.name, name)) return named.type;
  return std::nullopt;
}

SqlType common_type(const SqlType& a, const SqlType& b) {
  SqlType result = a.kind >= b.kind ? a : b;
  if (is_text(a.kind) && is_text(b.kind)) {
    result.length = common_length(a.length, b.length);
    if (a.kind != b.kind && result.kind == SqlKind::nchar) result.kind = SqlKind::nvarchar;
  } else if (a.kind == b.kind && a.kind == SqlKind::decimal) {
    result.precision = std::max(a.precision, b.precision);
    result.scale = std::max(a.scale, b.scale);
  } else if (a.kind == SqlKind::varbinary && b.kind == SqlKind::varbinary) {
    result.length = common_length(a.length, b.length);
  }
  return result;
}

std::int64_t as_integer(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* real = std::get_if<double>(&value)) return static_cast<std::int64_t>(*real);
  return 0;
}

double as_double(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  return 0;
}

const std::string& as_text(const Value& value) {
  static const std::string empty;
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? empty : *text;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t pos = 0; pos < text.size();) {
    const char32_t point = next_code_point(text, pos);
    if (point >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      out += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
      out += static_cast<char16_t>(point);
    }
  }
  return out;
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t point = text[i];
    const bool high = point >= 0xD800 && point < 0xDC00;
    const bool paired = high && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000;
    if (paired) {
      point = 0x10000 + ((point - 0xD800) << 10) + (text[++i] - 0xDC00U);
    } else if (point >= 0xD800 && point < 0xE000) {
      point = 0xFFFD;
    }
    append_utf8(out, point);
  }
  return out;
}

}  // namespace keyturn::sim
