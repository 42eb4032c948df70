// stdout and stderr: where text goes, how wide it may be, and whether it has colours.
#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"
#include "report/text_style.h"

namespace keyturn::cli {

enum class ColorChoice { automatic, always, never };

inline constexpr int kStdout = 1;
inline constexpr int kStderr = 2;

// Writes all of it, as it is: UTF-8, lines end with LF on every system. False where that failed (closed pipe,
// full disk).
bool write_all(int descriptor, std::string_view text);
// Why the last write_all() of this thread failed: "No space left on device".
std::string write_failure();

bool is_terminal(int descriptor);

// Whether it is a terminal on which lines can be redrawn in place.
bool can_redraw(int descriptor, const aws::Environment& environment);

// Whether it is a terminal that takes escape sequences for colours. On Windows this turns them on.
bool takes_colors(int descriptor);

// In columns, of a terminal.
int terminal_width(int descriptor);

// `automatic`: colours on a terminal unless NO_COLOR is set (to anything but "") or TERM is "dumb". The width
// is the terminal's, else 0.
report::TextStyle style_for(int descriptor, ColorChoice choice, const aws::Environment& environment);

}  // namespace keyturn::cli
