#include "cli/rollout.h"

#include <gtest/gtest.h>

namespace keyturn::cli {
namespace {

Rollout wave() {
  return {"default",  "distribute", "AKIANEW", TimePoint{}, {"a", "b", "c", "d"},
          {"a", "b"}, {"c"},        {},        {"d"}};
}

TEST(Rollout, ShowsCountsBarAndCurrentTargets) {
  const auto lines = render(wave(), TimePoint{std::chrono::seconds{12}}, {false, 81});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "default: distribute AKIANEW (12s)");
  EXPECT_EQ(lines[1], "[#############-------------] 2/4 confirmed, 1 failed; now: d");
}

TEST(Rollout, ShowsReadingBeforeTheFleetIsKnown) {
  const Rollout reading{"default", "observe", {}, TimePoint{}, {}, {}, {}, {"a"}, {"b", "c"}};
  const auto lines = render(reading, TimePoint{}, {false, 81});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "1 read; now: b, c");
}

TEST(Rollout, NeverWiderThanTheTerminal) {
  Rollout rollout = wave();
  for (int i = 0; i < 50; ++i) rollout.in_flight.insert("host-with-a-long-name-" + std::to_string(i));
  for (const int width : {21, 40, 80, 200})
    for (const std::string& line : render(rollout, TimePoint{}, {true, width}))
      EXPECT_LT(report::columns_of(line), std::size_t(width)) << line;
}

}  // namespace
}  // namespace keyturn::cli
