#include "setup/host_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace keyturn::setup {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class HandClock final : public Clock {
 public:
  TimePoint time = *parse_iso8601("2026-01-15T03:00:00Z");
  [[nodiscard]] TimePoint now() const override { return time; }
  void sleep_for(Duration duration, const StopFlag*) override { time += duration; }
};

// Answers with the date that it is at AWS, half a round trip after the request.
class DatingTransport final : public net::HttpTransport {
 public:
  explicit DatingTransport(HandClock& clock) : clock_(clock) {}
  Duration aws_ahead{0};
  Duration round_trip{200};
  bool dated = true;

  Result<net::HttpResponse> send(net::HttpRequest) override {
    clock_.time += round_trip / 2;
    net::HttpResponse response;
    response.status = 400;
    if (dated) response.headers = {{"date", http_date(clock_.time + aws_ahead)}};
    clock_.time += round_trip / 2;
    return response;
  }

 private:
  static std::string http_date(TimePoint time) {
    const auto text = format_iso8601(std::chrono::floor<seconds>(time));
    return "Fri, " + text.substr(8, 2) + " Jan " + text.substr(0, 4) + " " + text.substr(11, 8) + " GMT";
  }
  HandClock& clock_;
};

class HostClockTest : public testing::Test {
 protected:
  HandClock local_;
  HostClock clock_{local_};
  DatingTransport aws_{local_};
  DatedTransport transport_{aws_, clock_};

  void ask(const std::string& target = "secretsmanager.GetSecretValue") {
    net::HttpRequest request;
    request.headers = {{"X-Amz-Target", target}};
    ASSERT_TRUE(transport_.send(request));
  }
  // How far the clock is ahead of AWS's.
  [[nodiscard]] Duration ahead() const { return clock_.now() - (local_.now() + aws_.aws_ahead); }
};

TEST_F(HostClockTest, IsTheHostsBeforeAnyAnswer) {
  EXPECT_EQ(clock_.now(), local_.now());
  aws_.aws_ahead = hours{1};
  aws_.dated = false;
  ask();
  EXPECT_EQ(clock_.now(), local_.now());
}

TEST_F(HostClockTest, IsNeverBehindAwsAfterAnAnswer) {
  for (const Duration wrong : {Duration{hours{30}}, Duration{-hours{30}}, Duration{0}, Duration{-700}}) {
    aws_.aws_ahead = wrong;
    ask();
    EXPECT_GE(ahead(), Duration{0});
    EXPECT_LE(ahead(), seconds{1} + aws_.round_trip);
  }
}

TEST_F(HostClockTest, AStepOfTheHostsClockIsNoticedAtTheNextAnswer) {
  ask();
  local_.time -= minutes{10};
  aws_.aws_ahead += minutes{10};
  EXPECT_LT(ahead(), -minutes{9});
  ask();
  EXPECT_GE(ahead(), Duration{0});
}

TEST_F(HostClockTest, OnlySecretsManagerIsBelieved) {
  aws_.aws_ahead = hours{1};
  ask("somebody.Else");
  EXPECT_EQ(clock_.correction(), Duration{0});
}

RC_GTEST_PROP(HostClock, SlowAndFastAnswersKeepItAheadByASecondAtMost, ()) {
  HandClock local;
  HostClock clock(local);
  DatingTransport aws(local);
  DatedTransport transport(aws, clock);
  for (int i = 0; i < 20; ++i) {
    aws.round_trip = milliseconds{*rc::gen::inRange(0, 3'000)};
    if (*rc::gen::inRange(0, 4) == 0) aws.aws_ahead += milliseconds{*rc::gen::inRange(-90'000, 90'000)};
    local.time += milliseconds{*rc::gen::inRange(0, 2'000)};
    net::HttpRequest request;
    request.headers = {{"x-amz-target", "secretsmanager.GetSecretValue"}};
    RC_ASSERT(bool(transport.send(request)));
    const Duration ahead = clock.now() - (local.now() + aws.aws_ahead);
    RC_ASSERT(ahead >= Duration{0});
    RC_ASSERT(ahead <= seconds{1} + aws.round_trip);
  }
}

}  // namespace
}  // namespace keyturn::setup
