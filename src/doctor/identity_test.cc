#include "doctor/identity.h"

#include <gmock/gmock.h>

namespace keyturn::doctor {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const TimePoint kDate = std::chrono::sys_days{std::chrono::year{2026} / 1 / 2};

Finding with_clock_at(Duration off) {
  return clock_finding(kDate, kDate + off, kDate + off + milliseconds{200});
}

TEST(ClockFinding, WholeSecondsAndTheWayThereAreNoSkew) {
  EXPECT_EQ(with_clock_at(milliseconds{0}).verdict, Verdict::ok);
  EXPECT_EQ(with_clock_at(seconds{30}).verdict, Verdict::ok);  // AWS's date may be 30.999 s by then
  EXPECT_EQ(clock_finding(kDate, kDate - minutes{1}, kDate).verdict, Verdict::ok);  // a slow answer
}

TEST(ClockFinding, SaysHowFarAndWhichWay) {
  EXPECT_EQ(with_clock_at(seconds{40}).verdict, Verdict::warning);
  EXPECT_EQ(with_clock_at(-minutes{3}).verdict, Verdict::warning);
  const Finding ahead = with_clock_at(minutes{10});
  EXPECT_EQ(ahead.verdict, Verdict::failed);
  EXPECT_THAT(ahead.message, HasSubstr("ahead of"));
  EXPECT_THAT(with_clock_at(-minutes{10}).message, HasSubstr("behind"));
}

}  // namespace
}  // namespace keyturn::doctor
