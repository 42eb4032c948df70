// The report of a host as text, for a person who is logged in there.
#include <fmt/format.h>

#include <algorithm>

#include "report/host_report.h"
#include "report/text_table.h"
#include "report/world.h"

namespace keyturn::report {
namespace {

std::string note_of(const HostInstance& instance) {
  std::string note = instance.error.empty() ? instance.state.reason : instance.error;
  for (const std::string& warning : instance.state.warnings) note += (note.empty() ? "" : " ") + warning;
  return printable(note);
}

}  // namespace

std::string host_report_text(const HostReport& report, const TextStyle& style) {
  std::string words = rotation::to_string(report.outcome);
  std::replace(words.begin(), words.end(), '_', ' ');
  const Tone tone = report.outcome == rotation::Outcome::done ? Tone::good : Tone::bad;
  std::string text =
      fmt::format("{} {}\n", paint(fmt::format("{}: {}.", printable(report.host), words), tone, style),
                  wrap(printable(report.reason), 2, style));
  if (report.instances.empty()) return text;
  TextTable table({"INSTANCE", "VERSION", "STANDING", "KEY", "NOTE"});
  for (const HostInstance& instance : report.instances) {
    const auto key = confirmed_key(instance.state);
    table.add({{printable(instance.state.name)},
               {instance.state.product_version.empty() ? "-" : printable(instance.state.product_version)},
               standing_cell(instance.state.standing),
               key ? Cell{printable(*key), Tone::good} : Cell{"-", Tone::dim},
               {note_of(instance)}});
  }
  return text + "\n" + table.render(style);
}

}  // namespace keyturn::report
