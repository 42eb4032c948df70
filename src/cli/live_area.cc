#include "cli/live_area.h"

#include "cli/console.h"

namespace keyturn::cli {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

// Up to the area's first line, then everything from there to the end of the screen is cleared.
std::string LiveArea::erased() const {
  return lines_.empty() ? "" : "\033[" + std::to_string(lines_.size()) + "A\r\033[J";
}

void LiveArea::draw(const std::vector<std::string>& lines) {
  const std::lock_guard lock(mutex_);
  if (lines == lines_) return;
  const std::string text = erased() + joined(lines);
  lines_ = lines;
  write_all(descriptor_, text);
}

void LiveArea::print_above(std::string_view text) {
  const std::lock_guard lock(mutex_);
  write_all(descriptor_, erased() + std::string(text) + joined(lines_));
}

}  // namespace keyturn::cli
