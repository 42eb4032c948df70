#include "report/text_table.h"

#include <algorithm>

namespace keyturn::report {

std::string TextTable::render(const TextStyle& style) const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(columns_of(heading));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i].text));

  const auto line = [&](const std::vector<Cell>& cells) {
    std::string text;
    std::size_t column = 2;
    std::string blanks =
        "  ";  // written only before a cell that holds something, so that no line ends in blanks
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const bool last = i + 1 == cells.size();
      const std::string content = last ? wrap(cells[i].text, column, style) : cells[i].text;
      if (!content.empty()) {
        text += blanks + paint(content, cells[i].tone, style);
        blanks.clear();
      }
      blanks += std::string(widths[i] + 2 - (last ? 0 : columns_of(content)), ' ');
      column += widths[i] + 2;
    }
    return text + "\n";
  };

  std::vector<Cell> headings;
  for (const std::string& heading : headings_) headings.push_back({heading, Tone::dim});
  std::string text = line(headings);
  for (const auto& row : rows_) text += line(row);
  return text;
}

Cell standing_cell(rotation::Standing standing) {
  using rotation::Standing;
  const char* words = rotation::to_string(standing);
  switch (standing) {
    case Standing::updatable:
      return {words, Tone::good};
    case Standing::read_only:
      return {words, Tone::warn};
    case Standing::unreachable:
      return {words, Tone::bad};
    case Standing::skipped:
      return {words, Tone::dim};
  }
  return {words};
}

}  // namespace keyturn::report
