#include "sim/schedule_expression.h"

#include <gtest/gtest.h>

namespace keyturn::sim {
namespace {

TimePoint at(const char* text) { return parse_iso8601(text).value(); }

std::string next(const std::string& expression, const char* after,
                 const char* from = "2026-01-01T00:00:00Z") {
  const auto time = ScheduleExpression::parse(expression).value().next(at(after), at(from));
  return time ? format_iso8601(*time) : "never";
}

TEST(ScheduleExpressionTest, RatesCountFromWhereTheyBegan) {
  EXPECT_EQ(next("rate(7 days)", "2026-01-01T00:00:00Z"), "2026-01-08T00:00:00Z");
  EXPECT_EQ(next("rate(7 days)", "2026-01-08T00:00:00Z"), "2026-01-15T00:00:00Z");
  EXPECT_EQ(next("rate(7 days)", "2026-01-16T00:00:00Z"),
            "2026-01-22T00:00:00Z");  // missed ones are not made up
  EXPECT_EQ(next("rate(1 minute)", "2025-12-01T00:00:00Z"), "2026-01-01T00:01:00Z");
}

TEST(ScheduleExpressionTest, CronFieldsAreReadAsEventBridgeReadsThem) {
  EXPECT_EQ(next("cron(0 3 ? * SUN *)", "2026-11-23T16:00:00Z"), "2026-11-29T03:00:00Z");
  EXPECT_EQ(next("cron(0 3 ? * 1 *)", "2026-11-29T03:00:00Z"), "2026-12-06T03:00:00Z");  // 1 is Sunday
  EXPECT_EQ(next("cron(*/15 8-9 ? * MON-FRI *)", "2026-11-20T09:45:00Z"), "2026-11-23T08:00:00Z");
  EXPECT_EQ(next("cron(30 12 L * ? *)", "2028-02-01T00:00:00Z"), "2028-02-29T12:30:00Z");
  EXPECT_EQ(next("cron(0 0 1 JAN ? 2026)", "2026-06-01T00:00:00Z"), "never");
}

TEST(ScheduleExpressionTest, OnceIsOnce) {
  EXPECT_EQ(next("at(2026-05-06T07:08:09)", "2026-05-06T07:08:08Z"), "2026-05-06T07:08:09Z");
  EXPECT_EQ(next("at(2026-05-06T07:08:09)", "2026-05-06T07:08:09Z"), "never");
}

TEST(ScheduleExpressionTest, WhatIsNoScheduleIsRefused) {
  for (const char* text : {"", "7 days", "rate(0 days)", "rate(7 weeks)", "rate(days)", "cron(0 3 * * * *)",
                           "cron(0 3 ? * ? *)", "cron(0 3 ? * SUN)", "cron(60 3 ? * SUN *)",
                           "cron(0 3 15W * ? *)", "cron(0 5-3 ? * SUN *)", "at(tomorrow)"}) {
    const auto parsed = ScheduleExpression::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, "ValidationException");
  }
}

}  // namespace
}  // namespace keyturn::sim
