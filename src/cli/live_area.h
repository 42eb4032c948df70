// The last lines of a terminal, redrawn in place below lines that stay.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace keyturn::cli {

// Thread-safe.
class LiveArea {
 public:
  explicit LiveArea(int descriptor) : descriptor_(descriptor) {}
  LiveArea(const LiveArea&) = delete;
  LiveArea& operator=(const LiveArea&) = delete;
  ~LiveArea() { draw({}); }

  // Puts `lines` in the place of those drawn before.
  void draw(const std::vector<std::string>& lines);
  // `text`, whole lines, stays above the area.
  void print_above(std::string_view text);

 private:
  [[nodiscard]] std::string erased() const;

  int descriptor_;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace keyturn::cli
