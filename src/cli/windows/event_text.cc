#include "cli/windows/event_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/text_style.h"

namespace keyturn::cli {
namespace {

EventId id_of(spdlog::level::level_enum worst) {
  if (worst >= spdlog::level::err) return EventId::error;
  return worst == spdlog::level::warn ? EventId::warning : EventId::done;
}

constexpr std::string_view kMore = "\r\n...";

}  // namespace

Event event_of(const std::vector<LogLine>& lines, std::string_view log_file) {
  const std::string end = log_file.empty() ? "" : fmt::format("\r\n\r\nThe whole log: {}", log_file);
  auto worst = spdlog::level::info;
  std::string text = report::printable(lines.back().text);
  text.resize(std::min(text.size(), kEventBytes / 2));
  bool fits = true;
  for (const LogLine& line : lines) {
    worst = std::max(worst, line.level);
    if (&line == &lines.back() || line.level < spdlog::level::warn || !fits) continue;
    const std::string more = fmt::format("\r\n\r\n{}", report::printable(line.text));
    fits = text.size() + more.size() + kMore.size() + end.size() <= kEventBytes;
    text += fits ? std::string_view(more) : kMore;
  }
  return {id_of(worst), text + end};
}

}  // namespace keyturn::cli
