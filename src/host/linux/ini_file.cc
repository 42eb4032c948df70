#include "host/linux/ini_file.h"

#include <algorithm>

namespace keyturn::host {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lowered(std::string_view text) {
  std::string low(trimmed(text));
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return low;
}

// What stands before a comment. A value in quotes may hold any character but its quote.
std::string_view value_of(std::string_view text) {
  text = trimmed(text);
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
    const std::size_t end = text.find(text.front(), 1);
    if (end != std::string_view::npos) return text.substr(1, end - 1);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_comment = text[i] == '#' || text[i] == ';';
    if (begins_comment && (i == 0 || kBlanks.find(text[i - 1]) != kBlanks.npos))
      return trimmed(text.substr(0, i));
  }
  return text;
}

}  // namespace

IniFile IniFile::parse(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  IniFile file;
  std::string section;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      if (close != std::string_view::npos) section = lowered(line.substr(1, close - 1));
      continue;
    }
    const std::size_t sign = line.find_first_of("=:");
    if (sign == std::string_view::npos) continue;
    file.values_[{section, lowered(line.substr(0, sign))}] = std::string(value_of(line.substr(sign + 1)));
  }
  return file;
}

std::optional<std::string> IniFile::value(std::string_view section, std::string_view name) const {
  const auto found = values_.find({lowered(section), lowered(name)});
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace keyturn::host
