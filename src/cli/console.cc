#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

namespace keyturn::cli {
namespace {

constexpr int kUsualWidth = 80;

int width_of(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kUsualWidth;
}

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

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

report::TextStyle style_for(int descriptor, ColorChoice choice, const aws::Environment& environment) {
  const bool terminal = is_terminal(descriptor);
  const bool wanted =
      environment("NO_COLOR").value_or("").empty() && environment("TERM").value_or("") != "dumb";
  const bool automatic = choice == ColorChoice::automatic && terminal && wanted;
  return {choice == ColorChoice::always || automatic, terminal ? width_of(descriptor) : 0};
}

}  // namespace keyturn::cli
