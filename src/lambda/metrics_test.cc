#include "lambda/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/samples_for_test.h"

namespace keyturn::lambda {
namespace {

using nlohmann::json;

// What CloudWatch asks of a line in the embedded metric format.
void check_format(const json& line) {
  ASSERT_TRUE(line["_aws"]["Timestamp"].is_number_integer());
  for (const json& directive : line["_aws"]["CloudWatchMetrics"]) {
    EXPECT_FALSE(directive["Namespace"].get<std::string>().empty());
    ASSERT_LE(directive["Metrics"].size(), 100U);
    for (const json& metric : directive["Metrics"]) {
      EXPECT_TRUE(line[metric["Name"].get<std::string>()].is_number()) << metric;
      EXPECT_TRUE(metric["Unit"] == "Count" || metric["Unit"] == "Seconds") << metric;
    }
    for (const json& dimensions : directive["Dimensions"]) {
      EXPECT_LE(dimensions.size(), 30U);
      for (const json& name : dimensions) {
        ASSERT_TRUE(line[name.get<std::string>()].is_string());
        EXPECT_LE(line[name.get<std::string>()].get<std::string>().size(), 1024U);
      }
    }
  }
}

TEST(Metrics, OfARunTellAgesTargetsAndPhases) {
  const std::string text = run_metrics("payroll", report::sample_run(), report::at_second(65));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const json line = json::parse(text);
  check_format(line);
  EXPECT_EQ(line["Rotation"], "payroll");
  EXPECT_EQ(line["CurrentKeyAgeSeconds"], 50.0);
  EXPECT_EQ(line["OldestKeyAgeSeconds"], 86'460.0);
  EXPECT_EQ(line["Keys"], 2);
  EXPECT_EQ(line["Targets"], 2);  // one is skipped
  EXPECT_EQ(line["Confirmed"], 1);
  EXPECT_EQ(line["Unreachable"], 1);
  EXPECT_EQ(line["Laggards"], 1);
  EXPECT_EQ(line["WrittenOff"], 1);
  EXPECT_EQ(line["Blockers"], 1);
  EXPECT_EQ(line["Incomplete"], 1);
  EXPECT_EQ(line["Failed"], 0);
  EXPECT_EQ(line["RunSeconds"], 65.0);
  EXPECT_EQ(line["DistributeSeconds"], 11.0);
  EXPECT_EQ(line["PromoteSeconds"], 1.0);
}

TEST(Metrics, OfAStateAndOfARotationThatCouldNotBeSetUp) {
  check_format(json::parse(plan_metrics("default", report::sample_plan(), report::at_second(1))));
  const json failed =
      json::parse(outcome_metrics("default", rotation::Outcome::bad_usage, report::at_second(1)));
  check_format(failed);
  EXPECT_EQ(failed["Failed"], 1);
  EXPECT_EQ(failed["Outcome"], "bad_usage");
}

TEST(Metrics, ANameThatIsTooLongIsCut) {
  check_format(json::parse(run_metrics(std::string(5000, 'x'), report::sample_run(), report::at_second(1))));
}

TEST(Metrics, AWorldThatCouldNotBeSeenHasNoAges) {
  rotation::RunResult run = report::sample_run();
  run.before = run.after = std::nullopt;
  const json line = json::parse(run_metrics("default", run, report::at_second(1)));
  check_format(line);
  EXPECT_FALSE(line.contains("CurrentKeyAgeSeconds"));
}

}  // namespace
}  // namespace keyturn::lambda
