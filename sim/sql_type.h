// SQL Server's data types and values, as far as the simulated server knows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "sim/sql_error.h"

namespace keyturn::sim {

template <class T>
using SqlResult = tl::expected<T, SqlError>;
inline tl::unexpected<SqlError> raise(SqlError error) { return tl::unexpected<SqlError>(std::move(error)); }

// In order of precedence: where two types meet, the later one wins (Microsoft, "Data type precedence").
enum class SqlKind : std::uint8_t {
  varbinary,
  char_,
  varchar,
  nchar,
  nvarchar,
  uniqueidentifier,
  bit,
  tinyint,
  smallint,
  integer,
  bigint,
  decimal,
  real,
  float_,
  time,
  date,
  smalldatetime,
  datetime,
  datetime2,
  datetimeoffset,
};

struct SqlType {
  static constexpr int kMax = -1;

  SqlKind kind = SqlKind::nvarchar;
  int length = 30;  // characters of (n)char and (n)varchar, bytes of varbinary; kMax
  std::uint8_t precision = 18;
  std::uint8_t scale = 0;  // decimal; fraction digits of time, datetime2, datetimeoffset

  friend bool operator==(const SqlType&, const SqlType&) = default;
};

SqlType type_of(SqlKind kind);
SqlType nvarchar(int length);
SqlType datetime2(std::uint8_t scale);
inline SqlType integer() { return type_of(SqlKind::integer); }
inline SqlType bigint() { return type_of(SqlKind::bigint); }
inline SqlType bit() { return type_of(SqlKind::bit); }
inline SqlType datetime() { return type_of(SqlKind::datetime); }
inline SqlType sysname() { return nvarchar(128); }

bool is_text(SqlKind kind);
bool is_integer(SqlKind kind);  // bit included
bool is_number(SqlKind kind);
bool is_date(SqlKind kind);
std::string type_name(const SqlType& type);         // "nvarchar"
std::string type_declaration(const SqlType& type);  // "nvarchar(30)"
// "nvarchar", "int" …; nothing for a name that is no type.
std::optional<SqlType> parse_type_name(std::string_view name);
// The type of `a` and `b` put together.
SqlType common_type(const SqlType& a, const SqlType& b);

// NULL; integers and bit; decimal, real and float; text as UTF-8, or bytes. Dates are integers: units of 100
// ns since 0001-01-01 00:00 (`time`: since midnight); datetimeoffset holds UTC.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
inline bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }
std::int64_t as_integer(const Value& value);  // 0 for NULL and text
double as_double(const Value& value);
const std::string& as_text(const Value& value);  // empty for anything else

struct TypedValue {
  SqlType type;
  Value value;
};

// CAST and CONVERT. `style` is CONVERT's; 0 is the default.
SqlResult<Value> convert(const Value& value, const SqlType& from, const SqlType& to, int style = 0);
// The text that clients without types, and string functions, see.
std::string to_text(const Value& value, const SqlType& type, int style = 0);

struct ResultColumn {
  std::string name;
  SqlType type;
  bool nullable = true;
};

// UTF-16 code units of UTF-8 text, which is what LEN and type lengths count; ill-formed bytes become U+FFFD.
std::u16string to_utf16(std::string_view text);
std::string to_utf8(std::u16string_view text);

}  // namespace keyturn::sim
