#include "sim/tsql_like.h"

#include <cctype>
#include <string_view>
#include <vector>

#include "sim/sql_type.h"

namespace keyturn::sim {
namespace {

char16_t fold(char16_t unit) {
  return unit < 0x80 ? static_cast<char16_t>(std::tolower(static_cast<unsigned char>(unit))) : unit;
}

// One element of a pattern: any run, or one unit that is (or is not) in some ranges.
struct Element {
  bool any_run = false;
  bool any_one = false;
  bool negated = false;
  std::vector<std::pair<char16_t, char16_t>> ranges;

  [[nodiscard]] bool accepts(char16_t unit) const {
    if (any_one) return true;
    const char16_t folded = fold(unit);
    for (const auto& [low, high] : ranges)
      if (folded >= low && folded <= high) return !negated;
    return negated;
  }
};

Element one(char16_t unit) { return {false, false, false, {{fold(unit), fold(unit)}}}; }

Element set(std::u16string_view inside) {
  Element element;
  if (inside.starts_with(u'^')) {
    element.negated = true;
    inside.remove_prefix(1);
  }
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const bool range = i + 2 < inside.size() && inside[i + 1] == u'-';
    element.ranges.emplace_back(fold(inside[i]), fold(inside[range ? i + 2 : i]));
    if (range) i += 2;
  }
  return element;
}

std::vector<Element> compile(std::u16string_view pattern, std::u16string_view escape) {
  std::vector<Element> elements;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char16_t unit = pattern[i];
    const std::size_t close = unit == u'[' ? pattern.find(u']', i + 2) : std::u16string_view::npos;
    if (!escape.empty() && unit == escape[0] && i + 1 < pattern.size()) {
      elements.push_back(one(pattern[++i]));
    } else if (unit == u'%') {
      elements.push_back({true, false, false, {}});
    } else if (unit == u'_') {
      elements.push_back({false, true, false, {}});
    } else if (close != std::u16string_view::npos) {
      elements.push_back(set(pattern.substr(i + 1, close - i - 1)));
      i = close;
    } else {
      elements.push_back(one(unit));
    }
  }
  return elements;
}

}  // namespace

bool like(const std::string& text, const std::string& pattern, const std::string& escape) {
  const std::u16string units = to_utf16(text);
  const std::vector<Element> elements = compile(to_utf16(pattern), to_utf16(escape));
  // Greedy with one place to come back to: linear space, no recursion.
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t run = elements.size();
  std::size_t run_text = 0;
  while (t < units.size()) {
    if (p < elements.size() && elements[p].any_run) {
      run = p++;
      run_text = t;
    } else if (p < elements.size() && elements[p].accepts(units[t])) {
      ++p;
      ++t;
    } else if (run < elements.size()) {
      p = run + 1;
      t = ++run_text;
    } else {
      // Trailing blanks of the text do not count.
      return p == elements.size() && units.find_first_not_of(u' ', t) == std::u16string::npos;
    }
  }
  while (p < elements.size() && elements[p].any_run) ++p;
  return p == elements.size();
}

}  // namespace keyturn::sim
