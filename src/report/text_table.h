// A table of text: columns as wide as they need, two blanks between them.
#pragma once

#include <string>
#include <vector>

#include "report/text_style.h"
#include "rotation/observation.h"

namespace keyturn::report {

struct Cell {
  std::string text;  // without control characters and colours
  Tone tone = Tone::plain;
};

class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  // Indented by two blanks. Where the style limits the width, the last column is broken into lines that fit.
  [[nodiscard]] std::string render(const TextStyle& style) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

// How a target stands, in the colour that it has everywhere.
Cell standing_cell(rotation::Standing standing);

}  // namespace keyturn::report
