#include "cli/console.h"

namespace keyturn::cli {

report::TextStyle style_for(int descriptor, ColorChoice choice, const aws::Environment& environment) {
  const bool wanted =
      environment("NO_COLOR").value_or("").empty() && environment("TERM").value_or("") != "dumb";
  const bool able = choice != ColorChoice::never && takes_colors(descriptor);
  const bool automatic = choice == ColorChoice::automatic && able && wanted;
  return {choice == ColorChoice::always || automatic,
          is_terminal(descriptor) ? terminal_width(descriptor) : 0};
}

}  // namespace keyturn::cli
