// Points in time and durations: UTC, milliseconds. Text forms as AWS and people write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace keyturn {

using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

// "2026-01-02T03:04:05Z", with ".678" before the Z where milliseconds are not 0.
std::string format_iso8601(TimePoint time);
// The same forms, any number of fraction digits, 'Z' or "+00:00".
Result<TimePoint> parse_iso8601(std::string_view text);

// "20150830T123600Z", the form that Signature Version 4 uses.
std::string format_basic_iso8601(TimePoint time);

// "90s", "15m", "36h", "14d", "1h30m", "250ms"; units are mandatory; must be positive or "0s".
Result<Duration> parse_duration(std::string_view text);
// The largest units that fit, two at the most: "14d", "1h30m", "2.5s", "0s".
std::string format_duration(Duration duration);

// Seconds since 1970, as the JSON protocols send dates.
TimePoint from_epoch_s(double seconds);
double to_epoch_s(TimePoint time);

}  // namespace keyturn
