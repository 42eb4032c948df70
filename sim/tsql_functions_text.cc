// Functions of text and numbers.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "sim/tsql_functions.h"

namespace keyturn::sim {
namespace {

using Types = std::vector<SqlType>;

SqlType text_like_first(const Types& args) { return is_text(args[0].kind) ? args[0] : nvarchar(4000); }
SqlType long_text(const Types&) { return nvarchar(4000); }
SqlType whole(const Types&) { return integer(); }
SqlType same_as_first(const Types& args) { return args[0]; }
SqlType name_with_quotes(const Types&) { return nvarchar(258); }
SqlType one_character(const Types&) { return nvarchar(1); }
SqlType concatenated(const Types& args) {
  const bool large =
      std::any_of(args.begin(), args.end(), [](const SqlType& t) { return t.length == SqlType::kMax; });
  return nvarchar(large ? SqlType::kMax : 4000);
}

bool any_null(const FunctionArgs& args) { return std::any_of(args.begin(), args.end(), is_null); }

// Positions count UTF-16 units, as SQL Server's do.
Value slice(const Value& value, std::int64_t start, std::int64_t length) {
  constexpr std::int64_t kFar = 1'000'000'000;
  start = std::clamp(start, -kFar, kFar);
  length = std::min(length, 2 * kFar);
  const std::u16string units = to_utf16(as_text(value));
  const auto size = static_cast<std::int64_t>(units.size());
  const std::int64_t from = std::clamp<std::int64_t>(start - 1, 0, size);
  const std::int64_t to = std::clamp<std::int64_t>(start - 1 + length, from, size);
  return to_utf8(
      std::u16string_view(units).substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
}

SqlError invalid_length(const char* function) {
  return {537, 16, 3, std::string("Invalid length parameter passed to the ") + function + " function.",
          {},  0};
}

SqlResult<Value> len(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  std::string_view text = as_text(args[0]);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return Value{static_cast<std::int64_t>(to_utf16(text).size())};
}
SqlResult<Value> data_length(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  if (std::holds_alternative<std::string>(args[0]))
    return Value{static_cast<std::int64_t>(to_utf16(as_text(args[0])).size() * 2)};
  return Value{std::int64_t{4}};
}
SqlResult<Value> substring(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  if (as_integer(args[2]) < 0) return raise(invalid_length("substring"));
  return slice(args[0], as_integer(args[1]), as_integer(args[2]));
}
SqlResult<Value> left(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  if (as_integer(args[1]) < 0) return raise(invalid_length("left"));
  return slice(args[0], 1, as_integer(args[1]));
}
SqlResult<Value> right(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  if (as_integer(args[1]) < 0) return raise(invalid_length("right"));
  const auto size = static_cast<std::int64_t>(to_utf16(as_text(args[0])).size());
  return slice(args[0], std::max<std::int64_t>(size - as_integer(args[1]), 0) + 1, size);
}

std::string map_ascii(const Value& value, int (*change)(int)) {
  std::string text = as_text(value);
  for (char& c : text)
    if ((c & 0x80) == 0) c = static_cast<char>(change(c));
  return text;
}
SqlResult<Value> upper(SessionState&, const FunctionArgs& args) {
  return any_null(args) ? Value{} : Value{map_ascii(args[0], std::toupper)};
}
SqlResult<Value> lower(SessionState&, const FunctionArgs& args) {
  return any_null(args) ? Value{} : Value{map_ascii(args[0], std::tolower)};
}

std::string trimmed(std::string text, bool front, bool back) {
  while (back && !text.empty() && text.back() == ' ') text.pop_back();
  if (front) text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}
SqlResult<Value> ltrim(SessionState&, const FunctionArgs& args) {
  return any_null(args) ? Value{} : Value{trimmed(as_text(args[0]), true, false)};
}
SqlResult<Value> rtrim(SessionState&, const FunctionArgs& args) {
  return any_null(args) ? Value{} : Value{trimmed(as_text(args[0]), false, true)};
}
SqlResult<Value> trim(SessionState&, const FunctionArgs& args) {
  return any_null(args) ? Value{} : Value{trimmed(as_text(args[0]), true, true)};
}

SqlResult<Value> char_index(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  const std::u16string needle = to_utf16(fold_name(as_text(args[0]) + "|"));  // '|' keeps trailing blanks
  const std::u16string hay = to_utf16(fold_name(as_text(args[1]) + "|"));
  const std::int64_t start = args.size() > 2 ? std::max<std::int64_t>(as_integer(args[2]), 1) : 1;
  const std::u16string_view wanted(needle.data(), needle.size() - 1);
  const std::u16string_view text(hay.data(), hay.size() - 1);
  if (wanted.empty() || static_cast<std::size_t>(start) > text.size()) return Value{std::int64_t{0}};
  const std::size_t at = text.find(wanted, static_cast<std::size_t>(start - 1));
  return Value{at == std::u16string_view::npos ? std::int64_t{0} : static_cast<std::int64_t>(at) + 1};
}

SqlResult<Value> replace(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  std::string text = as_text(args[0]);
  const std::string& from = as_text(args[1]);
  const std::string& to = as_text(args[2]);
  if (from.empty()) return Value{text};
  const std::string wanted = map_ascii(args[1], std::tolower);
  std::string result;
  const std::string folded = map_ascii(args[0], std::tolower);
  std::size_t pos = 0;
  for (std::size_t at = folded.find(wanted); at != std::string::npos; at = folded.find(wanted, pos)) {
    result += text.substr(pos, at - pos) + to;
    pos = at + wanted.size();
  }
  return Value{result + text.substr(pos)};
}

SqlResult<Value> concat(SessionState&, const FunctionArgs& args) {
  std::string result;
  for (const Value& value : args) result += as_text(value);  // NULL counts as empty
  return Value{result};
}
SqlResult<Value> concat_ws(SessionState&, const FunctionArgs& args) {
  std::string result;
  bool first = true;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (is_null(args[i])) continue;
    result += (first ? "" : as_text(args[0])) + as_text(args[i]);
    first = false;
  }
  return Value{result};
}

SqlResult<Value> quote_name(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  const std::string& text = as_text(args[0]);
  if (to_utf16(text).size() > 128) return Value{};
  const char quote = args.size() > 1 && !as_text(args[1]).empty() ? as_text(args[1])[0] : '[';
  const char close = quote == '[' || quote == ']' ? ']' : quote;
  if (std::string_view("[]'\"").find(quote) == std::string_view::npos) return Value{};
  std::string result(1, close == ']' ? '[' : close);
  for (const char c : text) result.append(c == close ? 2 : 1, c);
  return Value{result + close};
}

SqlResult<Value> replicate(SessionState&, const FunctionArgs& args) {
  if (any_null(args) || as_integer(args[1]) < 0) return Value{};
  constexpr std::size_t kMaxBytes = 8000;
  std::string result;
  const std::string& text = as_text(args[0]);
  for (std::int64_t i = 0;
       i < as_integer(args[1]) && result.size() + text.size() <= kMaxBytes && !text.empty(); ++i)
    result += text;
  return Value{result};
}
SqlResult<Value> space(SessionState&, const FunctionArgs& args) {
  if (any_null(args) || as_integer(args[0]) < 0) return Value{};
  return Value{std::string(static_cast<std::size_t>(std::min<std::int64_t>(as_integer(args[0]), 8000)), ' ')};
}
SqlResult<Value> reverse(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  std::u16string units = to_utf16(as_text(args[0]));
  std::reverse(units.begin(), units.end());
  return Value{to_utf8(units)};
}
SqlResult<Value> character(SessionState&, const FunctionArgs& args) {
  const std::int64_t code = as_integer(args[0]);
  if (any_null(args) || code < 0 || code > 0xFFFF) return Value{};
  return Value{to_utf8(std::u16string(1, static_cast<char16_t>(code)))};
}
SqlResult<Value> code_of(SessionState&, const FunctionArgs& args) {
  const std::u16string units = to_utf16(as_text(args[0]));
  return units.empty() ? Value{} : Value{std::int64_t{units[0]}};
}
SqlResult<Value> stuff(SessionState& session, const FunctionArgs& args) {
  if (is_null(args[0]) || as_integer(args[1]) < 1 || as_integer(args[2]) < 0) return Value{};
  const auto size = static_cast<std::int64_t>(to_utf16(as_text(args[0])).size());
  if (as_integer(args[1]) > size) return Value{};
  const Value head = slice(args[0], 1, as_integer(args[1]) - 1);
  const Value tail = slice(args[0], as_integer(args[1]) + std::min(as_integer(args[2]), size), size);
  return concat(session, {head, args[3], tail});
}

SqlResult<Value> absolute(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  if (const auto* real = std::get_if<double>(&args[0])) return Value{std::abs(*real)};
  return Value{std::max(as_integer(args[0]),
                        -std::max(as_integer(args[0]), -std::numeric_limits<std::int64_t>::max()))};
}
SqlResult<Value> round_to(SessionState&, const FunctionArgs& args) {
  if (any_null(args)) return Value{};
  const double unit = std::pow(10.0, static_cast<double>(as_integer(args[1])));
  const double rounded = std::round(as_double(args[0]) * unit) / unit;
  if (std::holds_alternative<double>(args[0])) return Value{rounded};
  return Value{static_cast<std::int64_t>(rounded)};
}
SqlResult<Value> floor_of(SessionState&, const FunctionArgs& args) {
  if (const auto* real = std::get_if<double>(&args[0])) return Value{std::floor(*real)};
  return args[0];
}
SqlResult<Value> ceiling_of(SessionState&, const FunctionArgs& args) {
  if (const auto* real = std::get_if<double>(&args[0])) return Value{std::ceil(*real)};
  return args[0];
}

SqlResult<Value> format_message_function(SessionState&, const FunctionArgs& args) {
  if (is_null(args[0])) return Value{};
  return Value{format_message(as_text(args[0]), {args.begin() + 1, args.end()})};
}

}  // namespace

std::string format_message(const std::string& format, const std::vector<Value>& args) {
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    if (format[i + 1] == '%') {
      out += format[++i];
      continue;
    }
    std::size_t end = i + 1;
    while (end < format.size() &&
           std::string_view("-+ #0123456789.*lhI").find(format[end]) != std::string_view::npos)
      ++end;
    if (end == format.size() || std::string_view("sdiuxXo").find(format[end]) == std::string_view::npos) {
      out += format[i];
      continue;
    }
    const Value value = next < args.size() ? args[next] : Value{};
    ++next;
    if (is_null(value)) {
      out += "(null)";
    } else if (format[end] == 's') {
      out += std::holds_alternative<std::string>(value) ? as_text(value) : std::to_string(as_integer(value));
    } else {
      char buffer[32];
      const long long number = as_integer(value);
      const char* spec = format[end] == 'x'   ? "%llx"
                         : format[end] == 'X' ? "%llX"
                         : format[end] == 'o' ? "%llo"
                                              : "%lld";
      std::snprintf(buffer, sizeof buffer, spec, number);
      out += buffer;
    }
    i = end;
  }
  return out;
}

const std::vector<FunctionSpec>& text_functions() {
  static const std::vector<FunctionSpec> all{
      {"LEN", "s", whole, len},
      {"DATALENGTH", "a", whole, data_length},
      {"SUBSTRING", "sii", text_like_first, substring},
      {"LEFT", "si", text_like_first, left},
      {"RIGHT", "si", text_like_first, right},
      {"UPPER", "s", text_like_first, upper},
      {"LOWER", "s", text_like_first, lower},
      {"LTRIM", "s", text_like_first, ltrim},
      {"RTRIM", "s", text_like_first, rtrim},
      {"TRIM", "s", text_like_first, trim},
      {"CHARINDEX", "ss?i", whole, char_index},
      {"REPLACE", "sss", long_text, replace},
      {"CONCAT", "s*", concatenated, concat},
      {"CONCAT_WS", "s*", concatenated, concat_ws},
      {"QUOTENAME", "s?s", name_with_quotes, quote_name},
      {"REPLICATE", "si", long_text, replicate},
      {"SPACE", "i", long_text, space},
      {"REVERSE", "s", text_like_first, reverse},
      {"CHAR", "i", one_character, character},
      {"NCHAR", "i", one_character, character},
      {"ASCII", "s", whole, code_of},
      {"UNICODE", "s", whole, code_of},
      {"STUFF", "siis", long_text, stuff},
      {"ABS", "n", same_as_first, absolute},
      {"ROUND", "ni", same_as_first, round_to},
      {"FLOOR", "n", same_as_first, floor_of},
      {"CEILING", "n", same_as_first, ceiling_of},
      {"FORMATMESSAGE", "s?a*", long_text, format_message_function},
  };
  return all;
}

}  // namespace keyturn::sim
