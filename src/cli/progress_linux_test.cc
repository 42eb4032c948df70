#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace keyturn::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StillClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return {}; }
  void sleep_for(Duration /*duration*/, const StopFlag* /*stop*/) override {}
};

rotation::TargetState updatable(const std::string& name) {
  rotation::TargetState target;
  target.name = name;
  target.standing = rotation::Standing::updatable;
  return target;
}

rotation::Step wave(const std::string& target, const std::string& error = {}) {
  rotation::Step step;
  step.action = "distribute";
  step.key = "AKIANEW";
  step.reason = "It is due.";
  step.targets = {{target, error}};
  return step;
}

class ProgressTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(pipe(pipe_), 0); }
  void TearDown() override {
    close(pipe_[0]);
    if (pipe_[1] >= 0) close(pipe_[1]);
  }

  // Two waves over "a" and "b", the second one failing.
  std::string told(ProgressMode mode) {
    {
      Progress progress(mode, pipe_[1], {false, 80}, clock_);
      progress.begin_rotation("default");
      progress.observed({updatable("a"), updatable("b")});
      step(progress, wave("a"));
      step(progress, wave("b", "b refused the login."));
      progress.end_rotation();
    }
    close(pipe_[1]);
    pipe_[1] = -1;
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(pipe_[0], buffer, sizeof buffer)) > 0;)
      text.append(buffer, std::size_t(got));
    return text;
  }

 private:
  static void step(Progress& progress, const rotation::Step& step) {
    const std::string& target = step.targets[0].name;
    progress.visited({target, fleet::VisitPhase::writing, true, ""});
    progress.step_began(step);
    progress.visited({target, fleet::VisitPhase::done, true, step.targets[0].error});
    progress.step_ended(step);
  }

  StillClock clock_;
  int pipe_[2] = {-1, -1};
};

TEST_F(ProgressTest, LinesTellBeginningEndAndFailures) {
  const std::string text = told(ProgressMode::lines);
  EXPECT_THAT(text, HasSubstr("default: distribute AKIANEW to 1 target: It is due.\n"));
  EXPECT_THAT(text, HasSubstr("default: distribute AKIANEW: 1 of 1 targets confirmed in 0s\n"));
  EXPECT_THAT(text, HasSubstr("b: b refused the login.\n"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST_F(ProgressTest, TheLiveViewCountsOverWavesAndGoesAway) {
  const std::string text = told(ProgressMode::live);
  EXPECT_THAT(text, HasSubstr("0/2 confirmed; now: a"));
  EXPECT_THAT(text, HasSubstr("1/2 confirmed; now: b"));
  EXPECT_TRUE(text.ends_with("\033[J")) << text;
}

TEST_F(ProgressTest, SilentIsSilent) { EXPECT_EQ(told(ProgressMode::silent), ""); }

}  // namespace
}  // namespace keyturn::cli
