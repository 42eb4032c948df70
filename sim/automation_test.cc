#include "sim/automation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/function_testing.h"
#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

class AutomationTest : public testing::Test {
 protected:
  AutomationTest() {
    world_.iam().add_role("automation", {{true, "lambda:InvokeFunction", "*"}});
    functions_.make("turn");
    functions_.make("other");
  }

  std::string start(const std::string& content, const ParameterValues& parameters = {}) {
    const std::string name = "doc-" + std::to_string(++documents_);
    EXPECT_TRUE(world_.ssm().create_document(name, "Automation", content));
    const auto id = world_.automation().start({name, "", parameters, ""}, operator_);
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    return id.value_or("");
  }
  AutomationExecution now(const std::string& id) { return world_.automation().get(id).value(); }
  AutomationExecution end_of(const std::string& id) {
    EXPECT_TRUE(goes_on_until(world_, [&] { return is_final(now(id).status); }));
    return now(id);
  }
  AutomationExecution run(const std::string& content, const ParameterValues& parameters = {}) {
    return end_of(start(content, parameters));
  }
  static std::vector<std::string> names(const AutomationExecution& execution) {
    std::vector<std::string> all;
    for (const StepExecution& step : execution.steps) all.push_back(step.name + ":" + to_string(step.status));
    return all;
  }

  VirtualClock clock_{from_epoch_s(1'800'000'000)};
  SeededRandom random_{3};
  World world_{clock_, random_};
  std::vector<std::string> calls_;              // "turn {payload}"
  std::vector<TestFunctions::Answer> answers_;  // one each call; the last again and again
  TestFunctions functions_{world_, [this](const std::string& function, const std::string& payload) {
                             calls_.push_back(function + " " + payload);
                             return answers_.empty() ? TestFunctions::Answer{"{}", ""}
                                                     : answers_[std::min(calls_.size(), answers_.size()) - 1];
                           }};
  Actor operator_{"arn:aws:iam::111122223333:user/dba", {{true, "*", "*"}}};
  int documents_ = 0;
};

// The shape of the blog's runbook: two functions, one after the other.
const char* const kTwoCalls = R"({
  "schemaVersion": "0.3", "assumeRole": "arn:aws:iam::111122223333:role/automation",
  "mainSteps": [
    {"name": "First", "action": "aws:invokeLambdaFunction",
     "inputs": {"InvocationType": "RequestResponse", "FunctionName": "turn"}},
    {"name": "Second", "action": "aws:invokeLambdaFunction", "inputs": {"FunctionName": "other", "Payload": "{\"a\":1}"}}]})";

TEST_F(AutomationTest, RunsStepAfterStep) {
  const auto execution = run(kTwoCalls);
  EXPECT_EQ(execution.status, AutomationStatus::success);
  EXPECT_THAT(names(execution), ElementsAre("First:Success", "Second:Success"));
  ASSERT_EQ(calls_.size(), 2U);
  EXPECT_EQ(calls_[1], "other {\"a\":1}");
  EXPECT_THAT(execution.steps[0].outputs.at("StatusCode"), ElementsAre("200"));
  EXPECT_THAT(execution.steps[0].outputs.at("Payload"), ElementsAre("{}"));
}

TEST_F(AutomationTest, AFunctionThatFailsFailsTheExecution) {
  answers_ = {{R"({"errorMessage":"no key","errorType":"Keyturn.Blocked"})", "Keyturn.Blocked"}};
  const auto execution = run(kTwoCalls);
  EXPECT_EQ(execution.status, AutomationStatus::failed);
  EXPECT_THAT(names(execution), ElementsAre("First:Failed"));
  EXPECT_THAT(execution.failure_message, HasSubstr("no key"));
  EXPECT_THAT(execution.steps[0].outputs.at("FunctionError"), ElementsAre("Unhandled"));
}

TEST_F(AutomationTest, TheRoleOfTheDocumentIsWhoActs) {
  world_.iam().add_role("powerless", {});
  std::string content = kTwoCalls;
  const std::string role = "role/automation";
  content.replace(content.find(role), role.size(), "role/powerless");
  EXPECT_THAT(run(content).failure_message, HasSubstr("not authorized to perform: lambda:InvokeFunction"));
  content.replace(content.find("role/powerless"), 14, "role/forgotten");
  EXPECT_THAT(run(content).failure_message, HasSubstr("unable to be assumed"));
  EXPECT_TRUE(calls_.empty());
}

TEST_F(AutomationTest, AnInvocationEndsAfterFiveMinutes) {
  world_.lambda().set_host(nullptr);  // nothing ever answers
  const std::string id = start(kTwoCalls);
  clock_.advance(seconds{299});
  EXPECT_EQ(now(id).status, AutomationStatus::in_progress);
  clock_.advance(seconds{1});
  EXPECT_EQ(now(id).status, AutomationStatus::timed_out);
  EXPECT_THAT(names(now(id)), ElementsAre("First:TimedOut"));
}

const char* const kAgain = R"({
  "schemaVersion": "0.3",
  "parameters": {"Most": {"type": "String", "default": "5"}},
  "mainSteps": [
    {"name": "Turn", "action": "aws:loop", "inputs": {
       "MaxIterations": 5,
       "LoopCondition": {"Variable": "{{ Call.Again }}", "BooleanEquals": true},
       "Steps": [
         {"name": "Call", "action": "aws:invokeLambdaFunction",
          "inputs": {"FunctionName": "turn", "InputPayload": {"task": "rotate", "most": "{{ Most }}"}},
          "outputs": [{"Name": "Again", "Selector": "$.Payload.again", "Type": "Boolean"}]}]}},
    {"name": "Enough", "action": "aws:branch", "inputs": {
       "Choices": [{"Variable": "{{ Call.Payload }}", "Contains": "\"again\":true", "NextStep": "Late"}],
       "Default": "Done"}},
    {"name": "Late", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}, "isEnd": true},
    {"name": "Done", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "isEnd": true}],
  "outputs": ["Call.Again"]})";

TEST_F(AutomationTest, LoopsWhileTheirConditionHolds) {
  answers_ = {{R"({"again":true})", ""}, {R"({"again":true})", ""}, {R"({"again":false})", ""}};
  const auto execution = run(kAgain, {{"Most", {"9"}}});
  EXPECT_EQ(execution.status, AutomationStatus::success);
  EXPECT_THAT(names(execution), ElementsAre("Turn:Success", "Call:Success", "Call:Success", "Call:Success",
                                            "Enough:Success", "Done:Success"));
  EXPECT_EQ(calls_[2], R"(turn {"most":"9","task":"rotate"})");
  EXPECT_EQ(execution.steps[3].parent_name, "Turn");
  EXPECT_EQ(execution.steps[3].iteration, 3);
  EXPECT_THAT(execution.outputs.at("Call.Again"), ElementsAre("false"));
}

TEST_F(AutomationTest, ALoopThatIsNeverDoneEndsAtItsMost) {
  answers_ = {{R"({"again":true})", ""}};
  const std::string id = start(kAgain);
  ASSERT_TRUE(goes_on_until(world_, [&] { return now(id).current_step == "Late"; }));
  EXPECT_EQ(calls_.size(), 5U);
  clock_.advance(seconds{1});
  EXPECT_EQ(now(id).status, AutomationStatus::success);
}

TEST_F(AutomationTest, LoopsOverLists) {
  const auto execution = run(R"({
    "schemaVersion": "0.3", "parameters": {"Names": {"type": "StringList"}},
    "mainSteps": [{"name": "Each", "action": "aws:loop", "inputs": {
      "Iterators": "{{ Names }}", "IteratorDataType": "String", "Steps": [
        {"name": "One", "action": "aws:invokeLambdaFunction", "isEnd": true, "inputs": {"FunctionName": "turn",
         "Payload": "{\"name\":\"{{ Each.CurrentIteratorValue }}\"}"}}]}}]})",
                             {{"Names", {"a", "b"}}});
  EXPECT_EQ(execution.status, AutomationStatus::success);
  EXPECT_THAT(calls_, ElementsAre(R"(turn {"name":"a"})", R"(turn {"name":"b"})"));
}

std::string with_failure(const std::string& properties) {
  return R"({"schemaVersion": "0.3", "mainSteps": [
    {"name": "Call", "action": "aws:invokeLambdaFunction", "inputs": {"FunctionName": "turn"}, )" +
         properties + R"(},
    {"name": "Next", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}, "nextStep": "Last"},
    {"name": "Passed", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}},
    {"name": "Last", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}]})";
}

TEST_F(AutomationTest, FailuresGoWhereTheDocumentSays) {
  answers_ = {{R"({"errorType":"E"})", "E"}};
  const auto after = [&](const std::string& properties) {
    const auto execution = run(with_failure(properties));
    std::string all = std::string(to_string(execution.status)) + ":";
    for (const StepExecution& step : execution.steps) all += " " + step.name;
    return all;
  };
  EXPECT_EQ(after(R"("onFailure": "Abort")"), "Failed: Call");
  EXPECT_EQ(after(R"("onFailure": "Continue")"), "Success: Call Next Last");  // not critical by default
  EXPECT_EQ(after(R"("onFailure": "Continue", "isCritical": true)"), "Failed: Call Next Last");
  EXPECT_EQ(after(R"("onFailure": "step:Last")"), "Failed: Call Last");
  EXPECT_EQ(after(R"("onFailure": "step:Last", "isCritical": "false")"), "Success: Call Last");
  const std::size_t before = calls_.size();
  EXPECT_EQ(after(R"("maxAttempts": 3)"), "Failed: Call");
  EXPECT_EQ(calls_.size(), before + 3);
}

TEST_F(AutomationTest, WhatIsNotKnownFailsTheStepAndSaysSo) {
  const auto only = [](const std::string& step) {
    return R"({"schemaVersion": "0.3", "mainSteps": [{"name": "A", )" + step + "}]}";
  };
  EXPECT_THAT(run(only(R"("action": "aws:approve", "inputs": {})")).failure_message,
              HasSubstr("aws:approve is not simulated"));
  EXPECT_THAT(run(only(R"("action": "aws:sleep", "inputs": {"Duration": "{{ B.X }}"})")).failure_message,
              HasSubstr("{{ B.X }}"));
  EXPECT_THAT(run(only(R"("action": "aws:sleep", "inputs": {"Duration": "10 s"})")).failure_message,
              HasSubstr("ISO"));
  EXPECT_THAT(run(only(R"("action": "aws:invokeLambdaFunction", "inputs": {"FunctionName": "none"})"))
                  .failure_message,
              HasSubstr("Function not found"));
}

TEST_F(AutomationTest, SleepsByTheClock) {
  const std::string id = start(R"({"schemaVersion": "0.3", "mainSteps": [
    {"name": "Wait", "action": "aws:sleep", "inputs": {"Duration": "PT1H30M"}}]})");
  clock_.advance(minutes{89});
  EXPECT_EQ(now(id).status, AutomationStatus::in_progress);
  clock_.advance(minutes{1});
  EXPECT_EQ(now(id).status, AutomationStatus::success);
}

TEST_F(AutomationTest, StopsWhenTold) {
  world_.lambda().set_host(nullptr);
  const std::string id = start(kTwoCalls);
  ASSERT_TRUE(world_.automation().stop(id, false));
  EXPECT_EQ(now(id).status, AutomationStatus::cancelled);
  EXPECT_THAT(names(now(id)), ElementsAre("First:Cancelled"));
  EXPECT_EQ(world_.automation().stop(id, false).error().code, "InvalidAutomationStatusUpdateException");
}

TEST_F(AutomationTest, ParametersAreChecked) {
  ASSERT_TRUE(world_.ssm().create_document("checked", "Automation", R"({"schemaVersion": "0.3",
    "parameters": {"Name": {"type": "String", "allowedPattern": "^[a-z]+$"}},
    "mainSteps": [{"name": "A", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}]})"));
  const auto code = [&](const std::string& document, const ParameterValues& parameters) {
    const auto id = world_.automation().start({document, "", parameters, ""}, operator_);
    return id ? "ok" : id.error().code;
  };
  EXPECT_EQ(code("checked", {{"Name", {"abc"}}}), "ok");
  EXPECT_EQ(code("checked", {{"Name", {"a;b"}}}), "InvalidAutomationExecutionParametersException");
  EXPECT_EQ(code("checked", {}), "InvalidAutomationExecutionParametersException");
  EXPECT_EQ(code("checked", {{"Other", {"x"}}}), "InvalidAutomationExecutionParametersException");
  EXPECT_EQ(code("none", {}), "AutomationDefinitionNotFoundException");
}

TEST(AutomationDocumentTest, WhatIsNoDocumentIsRefused) {
  const auto with_steps = [](const std::string& steps) {
    return R"({"schemaVersion": "0.3", "mainSteps": [)" + steps + "]}";
  };
  const std::string good = R"({"name": "A", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}})";
  EXPECT_TRUE(parse_automation_document(with_steps(good)));
  for (const std::string& content :
       {std::string("schemaVersion: '0.3'"), std::string("{}"), with_steps(""), with_steps(good + "," + good),
        with_steps(R"({"name": "A", "action": "aws:dance"})"),
        with_steps(R"({"name": "A", "action": "aws:sleep", "nextStep": "B"})"),
        with_steps(R"({"name": "A", "action": "aws:sleep", "onFailure": "Shrug"})"),
        with_steps(R"({"name": "A", "action": "aws:sleep", "timeoutSecond": 3})"),
        with_steps(R"({"name": "A", "action": "aws:loop", "inputs": {"Steps": []}})"),
        std::string(R"({"schemaVersion": "2.2", "mainSteps": []})")}) {
    const auto parsed = parse_automation_document(content);
    ASSERT_FALSE(parsed) << content;
    EXPECT_EQ(parsed.error().code, "InvalidDocumentContent");
    EXPECT_FALSE(parsed.error().message.empty());
  }
}

}  // namespace
}  // namespace keyturn::sim
