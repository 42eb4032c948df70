#include "cli/rollout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace keyturn::cli {
namespace {

using report::paint;
using report::Tone;

constexpr std::size_t kLeastWidth = 20;

std::string bar(std::size_t part, std::size_t whole, std::size_t columns, const report::TextStyle& style) {
  const std::size_t filled = whole == 0 ? 0 : columns * part / whole;
  return "[" + paint(std::string(filled, '#'), Tone::good, style) + std::string(columns - filled, '-') + "]";
}

}  // namespace

std::vector<std::string> render(const Rollout& rollout, TimePoint now, const report::TextStyle& style) {
  const std::size_t width = std::max<std::size_t>(kLeastWidth, std::size_t(std::max(0, style.width - 1)));
  const auto elapsed = std::chrono::floor<std::chrono::seconds>(now - rollout.began_at);
  const std::string head = fmt::format("{}: {}{}{} ({})", rollout.rotation, rollout.action,
                                       rollout.key.empty() ? "" : " ", rollout.key, format_duration(elapsed));
  std::vector<std::string> lines{report::cut(report::printable(head), width)};
  if (rollout.in_flight.empty()) return lines;

  const std::string now_visited = fmt::format("; now: {}", fmt::join(rollout.in_flight, ", "));
  if (rollout.known.empty()) {
    lines.push_back(
        report::cut(report::printable(fmt::format("{} read{}", rollout.read.size(), now_visited)), width));
    return lines;
  }
  std::string counts = fmt::format(" {}/{} confirmed", rollout.confirmed.size(), rollout.known.size());
  if (!rollout.failed.empty()) counts += fmt::format(", {} failed", rollout.failed.size());
  const std::size_t bar_columns = std::min<std::size_t>(30, width / 3);
  lines.push_back(bar(rollout.confirmed.size(), rollout.known.size(), bar_columns, style) +
                  report::cut(report::printable(counts + now_visited), width - bar_columns - 2));
  return lines;
}

}  // namespace keyturn::cli
