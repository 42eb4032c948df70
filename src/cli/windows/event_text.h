// What a run leaves in Windows's event log: one event, that a person can read. Pure.
#pragma once

#include <spdlog/common.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyturn::cli {

struct LogLine {
  spdlog::level::level_enum level = spdlog::level::info;
  std::string text;
};

// As resources/events.mc has them.
enum class EventId : std::uint32_t { done = 0x40000001, warning = 0x80000002, error = 0xC0000003 };

struct Event {
  EventId id = EventId::done;
  std::string text;  // lines end with CR LF
};

// The last line is the headline; warnings and errors of those before it follow, as far as they fit.
// `log_file` is where the rest can be read; may be empty. `lines` must not be.
Event event_of(const std::vector<LogLine>& lines, std::string_view log_file);

// An event holds 31,839 UTF-16 units at most (ReportEvent).
inline constexpr std::size_t kEventBytes = 30'000;

}  // namespace keyturn::cli
