// stdout and stderr: where text goes, how wide it may be, and whether it has colours.
#pragma once

#include <string_view>

#include "aws/environment.h"
#include "report/text_style.h"

namespace keyturn::cli {

enum class ColorChoice { automatic, always, never };

// Writes all of it; false where that failed (closed pipe, full disk).
bool write_all(int descriptor, std::string_view text);

bool is_terminal(int descriptor);

// `automatic`: colours on a terminal unless NO_COLOR is set (to anything but "") or TERM is "dumb". The width
// is the terminal's, else 0.
report::TextStyle style_for(int descriptor, ColorChoice choice, const aws::Environment& environment);

}  // namespace keyturn::cli
