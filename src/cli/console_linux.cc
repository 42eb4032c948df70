#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/console.h"

namespace keyturn::cli {
namespace {

constexpr int kUsualWidth = 80;

}  // namespace

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(std::size_t(written));
  }
  return true;
}

std::string write_failure() { return std::strerror(errno); }

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

bool can_redraw(int descriptor, const aws::Environment& environment) {
  return is_terminal(descriptor) && environment("TERM").value_or("dumb") != "dumb";
}

bool takes_colors(int descriptor) { return is_terminal(descriptor); }

int terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsualWidth;
}

}  // namespace keyturn::cli
