// Text for people: colours, widths, and what must not reach a terminal.
#pragma once

#include <string>
#include <string_view>

namespace keyturn::report {

struct TextStyle {
  bool color = false;  // ANSI colours
  int width = 0;       // columns; 0: no limit (not a terminal)
};

enum class Tone { plain, bold, good, warn, bad, dim };

// `text` in that tone, or as it is where the style has no colours.
std::string paint(std::string_view text, Tone tone, const TextStyle& style);

// Columns that UTF-8 text takes up: code points, without ANSI colours.
std::size_t columns_of(std::string_view text);

// Control characters become '?'; so does what is not UTF-8.
std::string printable(std::string_view text);

// The text, cut to that many columns, its end replaced by "…" where something is lost. 0: no limit.
std::string cut(std::string_view text, std::size_t columns);

// Broken at blanks to fit `style.width`, every line after the first indented by `indent` blanks.
std::string wrap(std::string_view text, std::size_t indent, const TextStyle& style);

}  // namespace keyturn::report
