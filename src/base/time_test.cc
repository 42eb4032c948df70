#include "base/time.h"

#include <gtest/gtest.h>

namespace keyturn {
namespace {

using namespace std::chrono_literals;

TEST(Time, Iso8601RoundTrips) {
  for (const char* text : {"2026-01-02T03:04:05Z", "2024-02-29T23:59:59.001Z", "1970-01-01T00:00:00Z"})
    EXPECT_EQ(format_iso8601(*parse_iso8601(text)), text);
  EXPECT_EQ(format_iso8601(*parse_iso8601("2026-01-02T03:04:05.6789123+00:00")), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(format_basic_iso8601(*parse_iso8601("2015-08-30T12:36:00Z")), "20150830T123600Z");
}

TEST(Time, BadDatesAreErrors) {
  for (const char* text : {"", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-02T03:04:05",
                           "yesterday", "2026-01-02T25:04:05Z", "2026-01-02T03:04:05+02:00"})
    EXPECT_FALSE(parse_iso8601(text)) << text;
}

TEST(Time, DurationsReadAsPeopleWriteThem) {
  EXPECT_EQ(*parse_duration("90s"), 90s);
  EXPECT_EQ(*parse_duration("14d"), 24h * 14);
  EXPECT_EQ(*parse_duration("1h30m"), 90min);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  for (const char* text : {"", "5", "s", "-1s", "1 s", "1y", "1.5h", "99999999999999s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Time, DurationsPrintTwoUnitsAtMost) {
  EXPECT_EQ(format_duration(24h * 14), "14d");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(24h * 2 + 3h + 4min), "2d3h");
  EXPECT_EQ(format_duration(2500ms), "2.5s");
  EXPECT_EQ(format_duration(40ms), "40ms");
  EXPECT_EQ(format_duration(0ms), "0s");
}

}  // namespace
}  // namespace keyturn
