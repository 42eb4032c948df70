#include "lambda/rotations.h"

#include <gtest/gtest.h>

namespace keyturn::lambda {
namespace {

using rotation::Outcome;
using rotation::RunResult;

RunResult run_of(Outcome outcome, const std::string& reason) {
  RunResult run;
  run.outcome = outcome;
  run.reason = reason;
  return run;
}

rotation::Laggard laggard_of(const std::string& target, bool written_off) {
  rotation::Laggard laggard;
  laggard.target = target;
  laggard.reason = "It is off.";
  laggard.written_off = written_off;
  return laggard;
}

TEST(Rotations, AnotherRunIsNoErrorAndWantsAnotherCall) {
  const RunResult held_up = run_of(Outcome::another_run, "Somebody else is at it.");
  EXPECT_FALSE(error_of({{"a", held_up}}, /*stopped=*/false, /*all_targets=*/true));
  EXPECT_TRUE(is_again({"a", held_up}, false));
  EXPECT_FALSE(is_again({"a", run_of(Outcome::done, "")}, true));
}

TEST(Rotations, WhatATimeLimitEndedWantsAnotherCallAndIsNoError) {
  const RunResult part = run_of(Outcome::incomplete, "Two of three.");
  EXPECT_TRUE(is_again({"a", part}, /*stopped=*/true));
  EXPECT_FALSE(error_of({{"a", part}}, /*stopped=*/true, /*all_targets=*/true));
  EXPECT_FALSE(is_again({"a", part}, /*stopped=*/false));
  EXPECT_TRUE(error_of({{"a", part}}, /*stopped=*/false, /*all_targets=*/true));
  EXPECT_FALSE(error_of({{"a", part}}, /*stopped=*/false, /*all_targets=*/false));
  const Result<RunResult> not_begun = fail(ErrorKind::cancelled, "It was not begun.");
  EXPECT_TRUE(is_again({"a", not_begun}, true));
  EXPECT_FALSE(error_of({{"a", not_begun}}, /*stopped=*/true, /*all_targets=*/true));
}

TEST(Rotations, AnErrorTellsOfAllRotationsAndIsOfTheWorstsType) {
  const auto error = error_of({{"a", run_of(Outcome::blocked, "Third key.")},
                               {"b", run_of(Outcome::done, "Fine.")},
                               {"c", fail(ErrorKind::usage, "No such secret.")}},
                              false, true);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->type, "Function.BadUsage");
  EXPECT_EQ(error->message, "a: Third key.\nc: No such secret.");
}

TEST(Rotations, AnErrorNamesWhatIsInTheWayAndTheServersLeftBehind) {
  RunResult run = run_of(Outcome::incomplete, "Not all.");
  run.hint = "Look.";
  rotation::Blocker blocker;
  blocker.message = "A key of nobody's.";
  blocker.hint = "Delete it.";
  run.blockers = {blocker};
  run.laggards = {laggard_of("sql1", false), laggard_of("sql2", true)};
  EXPECT_EQ(error_of({{"a", run}}, false, true)->message,
            "Not all. Look. A key of nobody's. Delete it. sql1: It is off.");
  run.laggards.assign(23, laggard_of("sql1", false));
  EXPECT_TRUE(error_of({{"a", run}}, false, true)->message.ends_with(" And 3 more."));
}

}  // namespace
}  // namespace keyturn::lambda
