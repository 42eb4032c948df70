#include "report/text_style.h"

#include <algorithm>
#include <cstdint>

namespace keyturn::report {
namespace {

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::bold:
      return "\033[1m";
    case Tone::good:
      return "\033[32m";
    case Tone::warn:
      return "\033[33m";
    case Tone::bad:
      return "\033[1;31m";
    case Tone::dim:
      return "\033[2m";
  }
  return "";
}

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }

// Bytes of the UTF-8 sequence at `at`; 0 if there is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const std::uint8_t lead = byte_at(text, at);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  return length;
}

// C0, DEL, and C1 (U+0080…U+009F, two bytes in UTF-8).
bool is_control(std::string_view sequence) {
  const std::uint8_t lead = byte_at(sequence, 0);
  return lead < 0x20 || lead == 0x7f || (lead == 0xc2 && byte_at(sequence, 1) < 0xa0);
}

// Where an ANSI colour at `at` ends; `at` if there is none.
std::size_t skip_color(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\033[") return at;
  const auto end = text.find('m', at);
  return end == text.npos ? at : end + 1;
}

}  // namespace

std::string paint(std::string_view text, Tone tone, const TextStyle& style) {
  if (!style.color || tone == Tone::plain || text.empty()) return std::string(text);
  return std::string(code_of(tone)) + std::string(text) + "\033[0m";
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t after = skip_color(text, at); after != at) {
      at = after;
      continue;
    }
    at += std::max<std::size_t>(1, sequence_length(text, at));
    ++columns;
  }
  return columns;
}

std::string printable(std::string_view text) {
  std::string clean;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    const std::string_view sequence = text.substr(at, std::max<std::size_t>(1, length));
    if (sequence == "\n" || sequence == "\t")
      clean += ' ';
    else if (length == 0 || is_control(sequence))
      clean += '?';
    else
      clean += sequence;
    at += sequence.size();
  }
  return clean;
}

std::string cut(std::string_view text, std::size_t columns) {
  if (columns == 0 || columns_of(text) <= columns) return std::string(text);
  std::string kept;
  std::size_t at = 0;
  for (std::size_t used = 1; used < columns && at < text.size(); ++used) {
    const std::size_t length = std::max<std::size_t>(1, sequence_length(text, at));
    kept += text.substr(at, length);
    at += length;
  }
  return kept + "…";
}

std::string wrap(std::string_view text, std::size_t indent, const TextStyle& style) {
  if (style.width <= 0) return std::string(text);
  const std::size_t width = std::max<std::size_t>(std::size_t(style.width), indent + 20);
  std::string wrapped;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t columns = columns_of(word);
    if (at != 0) {
      const bool fits = column + 1 + columns <= width;
      wrapped += fits ? " " : "\n" + std::string(indent, ' ');
      column = fits ? column + 1 : indent;
    }
    wrapped += word;
    column += columns;
    at = end + 1;
  }
  return wrapped;
}

}  // namespace keyturn::report
