#include "render/ssm_automation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/automation.h"
#include "sim/function_testing.h"
#include "sim/virtual_clock.h"

namespace keyturn::render {
namespace {

using nlohmann::json;
using sim::AutomationStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kRole = "arn:aws:iam::111122223333:role/automation";
const sim::TestFunctions::Answer kDone{R"({"again":false,"task":"x","outcome":"done"})", ""};
const sim::TestFunctions::Answer kAgain{R"({"again":true,"task":"x","outcome":"incomplete"})", ""};
const sim::TestFunctions::Answer kFailed{
    R"({"errorType":"Function.Incomplete","errorMessage":"db2 is stopped"})", "Unhandled"};

// The rendered document, run by the simulated Systems Manager over functions that answer as they are told.
class SsmAutomationTest : public testing::Test {
 protected:
  SsmAutomationTest() {
    world_.iam().add_role("automation", {{true, "lambda:InvokeFunction", "*"}});
    functions_.make("SQL-Credentials-RotateCreds");
    functions_.make("SQL-Credentials-UpdateCreds");
  }

  sim::AutomationExecution run(SsmAutomationSettings settings = {}) {
    settings.assume_role = kRole;
    const auto document = ssm_automation_document(settings);
    EXPECT_TRUE(document) << (document ? "" : document.error().sentence());
    EXPECT_TRUE(
        world_.ssm().create_document("SQL-Credentials-Automation", "Automation", document.value_or("")));
    const sim::Actor dba{"arn:aws:iam::111122223333:user/dba", {{true, "*", "*"}}};
    const auto id = world_.automation().start({"SQL-Credentials-Automation", "", {}, ""}, dba);
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    // Time passes in pauses alone: a call that takes five minutes would be cut off.
    const auto now = [&] { return world_.automation().get(id.value_or("")).value(); };
    EXPECT_TRUE(sim::goes_on_until(world_, [&] {
      if (now().current_action == "aws:sleep") clock_.advance(std::chrono::seconds{20});
      return sim::is_final(now().status);
    }));
    return now();
  }

  [[nodiscard]] std::vector<std::string> tasks() const {
    std::vector<std::string> all;
    for (const json& call : calls_) all.push_back(call["task"]);
    return all;
  }

  sim::VirtualClock clock_{from_epoch_s(1'800'000'000)};
  SeededRandom random_{3};
  sim::World world_{clock_, random_};
  std::vector<json> calls_;  // their payloads
  std::vector<std::string> called_;
  std::vector<sim::TestFunctions::Answer> answers_;  // one each call; the last again and again
  sim::TestFunctions functions_{world_, [this](const std::string& function, const std::string& payload) {
                                  called_.push_back(function);
                                  calls_.push_back(json::parse(payload));
                                  return answers_[std::min(calls_.size(), answers_.size()) - 1];
                                }};
};

TEST_F(SsmAutomationTest, TurnsTheKeyAndThenBringsItToTheServersAndThenSaysHowThingsStand) {
  answers_ = {kDone};
  const auto execution = run();
  EXPECT_EQ(execution.status, AutomationStatus::success) << execution.failure_message;
  EXPECT_THAT(tasks(), ElementsAre("rotate", "update", "status"));
  EXPECT_THAT(called_, ElementsAre("SQL-Credentials-RotateCreds", "SQL-Credentials-UpdateCreds",
                                   "SQL-Credentials-UpdateCreds"));
  EXPECT_EQ(calls_[0], json({{"task", "rotate"}, {"brief", true}}));
  EXPECT_EQ(calls_[2], json({{"task", "status"}, {"brief", true}, {"strict", true}, {"max_s", 240}}));
  EXPECT_THAT(execution.outputs.at("Step3_Status.Payload"), ElementsAre(HasSubstr("\"outcome\":\"done\"")));
}

TEST_F(SsmAutomationTest, CallsAgainForAsLongAsAFunctionAsksForIt) {
  answers_ = {kAgain, kDone, kAgain, kAgain, kDone, kDone};
  EXPECT_EQ(run().status, AutomationStatus::success);
  EXPECT_THAT(tasks(), ElementsAre("rotate", "rotate", "update", "update", "update", "status"));
}

TEST_F(SsmAutomationTest, FailsWhereAFunctionFails) {
  answers_ = {kFailed};
  EXPECT_EQ(run().status, AutomationStatus::failed);
  EXPECT_THAT(tasks(), ElementsAre("rotate"));
}

TEST_F(SsmAutomationTest, FailsWhereServersAreLeftBehind) {
  answers_ = {kDone, kAgain, kFailed};
  const auto execution = run();
  EXPECT_EQ(execution.status, AutomationStatus::failed);
  EXPECT_THAT(tasks(), ElementsAre("rotate", "update", "update"));
  EXPECT_THAT(execution.failure_message, HasSubstr("db2 is stopped"));
}

TEST_F(SsmAutomationTest, FailsWhereTheStateInTheEndIsNotGood) {
  answers_ = {kDone, kDone, kFailed};
  EXPECT_EQ(run().status, AutomationStatus::failed);
}

TEST_F(SsmAutomationTest, ALoopIsBoundedAndLastsLongerThanAnOrphanIsLeftAlone) {
  answers_ = {kAgain};
  const TimePoint began = clock_.now();
  run();
  EXPECT_THAT(tasks(), SizeIs(201));
  EXPECT_GT(clock_.now() - began, 2 * std::chrono::minutes{30});
}

TEST_F(SsmAutomationTest, OneOfSeveralRotationsMayBeChosen) {
  answers_ = {kDone};
  SsmAutomationSettings settings;
  settings.rotation = "prod";
  run(settings);
  for (const json& call : calls_) EXPECT_EQ(call["rotation"], "prod");
}

TEST(SsmAutomation, RefusesNamesThatCanNotBe) {
  SsmAutomationSettings settings;
  settings.assume_role = "role/AmazonSSMAutomationRole";
  settings.rotate_function = "rotate creds";
  const auto document = ssm_automation_document(settings);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind, ErrorKind::usage);
  EXPECT_THAT(document.error().message, AllOf(HasSubstr("--assume-role"), HasSubstr("--rotate-function")));
}

}  // namespace
}  // namespace keyturn::render
