#include "lambda/response.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/report.h"
#include "report/samples_for_test.h"

namespace keyturn::lambda {
namespace {

using nlohmann::json;

std::string document(int targets = 2) {
  rotation::RunResult run = report::sample_run();
  for (int i = 0; i < targets; ++i) {
    run.after->targets.push_back(report::confirmed_target("extra" + std::to_string(i), "AKIANEW"));
    run.before->targets.push_back(run.after->targets.back());
    run.steps.at(1).targets.push_back({"extra" + std::to_string(i), ""});
  }
  return report::run_json({"reconcile", "1.2.3"}, {{"default", run}});
}

TEST(Response, IsTheDocumentOfTheCommandLineAndWhatIsAFunctions) {
  json answered = json::parse(response_json(document(), {"update", true, false}));
  EXPECT_EQ(answered["again"], true);
  EXPECT_EQ(answered["task"], "update");
  EXPECT_EQ(answered["left_out"], json::array());
  for (const char* own : {"again", "task", "left_out"}) answered.erase(own);
  EXPECT_EQ(answered, json::parse(document()));
}

// An Automation looks for this text, and may see no more than the answer's begin.
TEST(Response, SaysFirstWhetherToCallAgain) {
  EXPECT_TRUE(response_json(document(), {"update", true, false}).starts_with(R"({"again":true,)"));
  EXPECT_EQ(response_json(document(), {"update", false, false}).find(R"("again":true)"), std::string::npos);
}

TEST(Response, LeavesOutWhatDoesNotFitWholeAndNamesIt) {
  const std::string whole = response_json(document(50), {"update", false, false});
  std::size_t before = whole.size();
  std::size_t cuts = 0;
  for (std::size_t limit = whole.size(); limit > 1500; limit = before - 1) {
    const std::string text = response_json(document(50), {"update", false, false}, limit);
    const json answered = json::parse(text);
    ASSERT_LE(text.size(), limit) << answered["left_out"];
    EXPECT_GE(answered["left_out"].size(), cuts);
    EXPECT_EQ(answered["outcome"], "incomplete");
    EXPECT_EQ(answered["rotations"][0]["reason"], "One target is not confirmed on AKIANEW.");
    cuts = answered["left_out"].size();
    before = text.size();
    if (cuts == 5) break;
  }
  EXPECT_EQ(cuts, 5U);
}

TEST(Response, KeepsTargetsThatFailedLongest) {
  const json answered = json::parse(response_json(document(50), {"update", false, /*brief=*/true}));
  EXPECT_EQ(answered["left_out"].size(), 4U);
  const json& rotation = answered["rotations"][0];
  EXPECT_TRUE(rotation["before"].is_null() && rotation["after"].is_null());
  ASSERT_EQ(rotation["steps"][1]["targets"].size(), 1U);
  EXPECT_EQ(rotation["steps"][1]["targets"][0]["name"], "sql03\\PAYROLL");
  EXPECT_EQ(rotation["laggards"].size(), 2U);
}

TEST(Response, AFleetOfTenThousandFits) {
  const std::string text = response_json(document(10'000), {"update", false, false});
  EXPECT_LE(text.size(), kResponseLimit);
  EXPECT_FALSE(json::parse(text)["left_out"].empty());
}

}  // namespace
}  // namespace keyturn::lambda
