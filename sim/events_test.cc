// Schedules, rules and what they set going.
#include "sim/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/event_pattern.h"
#include "sim/function_testing.h"
#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::HasSubstr;

const std::string kFunction = "arn:aws:lambda:us-east-1:111122223333:function:turn";
const std::string kRole = "arn:aws:iam::111122223333:role/scheduler";

class EventsTest : public testing::Test {
 protected:
  EventsTest() {
    world_.iam().add_role("scheduler", {{true, "lambda:InvokeFunction", "turn"}, {true, "ssm:*", "*"}});
    functions_.make("turn", "events.amazonaws.com");
    topic_ = world_.sns().create_topic("news").value();
  }

  Schedule weekly(EventTarget target) {
    Schedule schedule;
    schedule.name = "weekly";
    schedule.expression = "rate(7 days)";
    schedule.target = std::move(target);
    return schedule;
  }
  std::string last_outcome() {
    const auto deliveries = world_.event_targets().deliveries();
    return deliveries.empty() ? "none" : deliveries.back().outcome;
  }

  VirtualClock clock_{from_epoch_s(1'800'000'000)};
  SeededRandom random_{3};
  World world_{clock_, random_};
  std::vector<std::string> calls_;
  TestFunctions functions_{world_, [this](const std::string&, const std::string& payload) {
                             calls_.push_back(payload);
                             return TestFunctions::Answer{};
                           }};
  std::string topic_;
};

TEST_F(EventsTest, SchedulesFireWhenTheirTimeComes) {
  ASSERT_TRUE(world_.scheduler().create(weekly({"", kFunction, kRole, R"({"task":"rotate"})"})));
  clock_.advance(days{6});
  world_.advance();
  EXPECT_EQ(last_outcome(), "none");
  clock_.advance(days{1});
  ASSERT_TRUE(goes_on_until(world_, [&] { return calls_.size() == 1; }));
  EXPECT_EQ(calls_[0], R"({"task":"rotate"})");
  world_.advance();
  EXPECT_EQ(world_.scheduler().get("weekly")->fired, 1);
  clock_.advance(days{20});  // two were missed: one is made up for
  world_.advance();
  EXPECT_EQ(world_.scheduler().get("weekly")->fired, 2);
}

TEST_F(EventsTest, AFasterClockBringsSchedulesSooner) {
  world_.schedule_clock().set_speed(86'400);
  ASSERT_TRUE(world_.scheduler().create(weekly({"", kFunction, kRole, "{}"})));
  clock_.advance(std::chrono::seconds{6});
  world_.advance();
  EXPECT_EQ(world_.scheduler().get("weekly")->fired, 0);
  clock_.advance(std::chrono::seconds{1});
  world_.advance();
  EXPECT_EQ(world_.scheduler().get("weekly")->fired, 1);
}

TEST_F(EventsTest, ASchedulesRoleMustBeAllowedTo) {
  ASSERT_TRUE(world_.scheduler().create(weekly({"", topic_, kRole, R"("hello")"})));
  ASSERT_TRUE(world_.scheduler().fire("weekly"));
  EXPECT_EQ(last_outcome(), "AccessDeniedException");
  Schedule other = weekly({"", topic_, "arn:aws:iam::111122223333:role/none", "{}"});
  ASSERT_TRUE(world_.scheduler().update(other));
  ASSERT_TRUE(world_.scheduler().fire("weekly"));
  EXPECT_EQ(last_outcome(), "InvalidParameters");
  EXPECT_TRUE(world_.sns().messages().empty());
}

TEST_F(EventsTest, ASchedulesCallOfAutomationStartsIt) {
  ASSERT_TRUE(world_.ssm().create_document("doc", "Automation", R"({"schemaVersion": "0.3",
    "parameters": {"A": {"type": "String"}},
    "mainSteps": [{"name": "S", "action": "aws:sleep", "inputs": {"Duration": "PT0S"}}]})"));
  ASSERT_TRUE(
      world_.scheduler().create(weekly({"", "arn:aws:scheduler:::aws-sdk:ssm:startAutomationExecution", kRole,
                                        R"({"DocumentName":"doc","Parameters":{"A":["x"]}})"})));
  ASSERT_TRUE(world_.scheduler().fire("weekly"));
  ASSERT_EQ(last_outcome(), "ok");
  const auto executions = world_.automation().executions();
  ASSERT_EQ(executions.size(), 1U);
  EXPECT_EQ(executions[0].status, AutomationStatus::success);
  EXPECT_EQ(executions[0].parameters.at("A").front(), "x");
}

TEST_F(EventsTest, SchedulesThatCannotBeAreRefused) {
  const auto code = [&](const Schedule& schedule) {
    const auto made = world_.scheduler().create(schedule);
    return made ? "ok" : made.error().code;
  };
  Schedule schedule = weekly({"", kFunction, kRole, "{}"});
  schedule.expression = "rate(0 days)";
  EXPECT_EQ(code(schedule), "ValidationException");
  EXPECT_EQ(code(weekly({"", kFunction, "", "{}"})), "ValidationException");  // no role
  EXPECT_EQ(code(weekly({"", "arn:aws:sqs:us-east-1:111122223333:queue", kRole, "{}"})),
            "ValidationException");
  EXPECT_EQ(code(weekly({"", kFunction, kRole, "{"})), "ValidationException");
  EXPECT_EQ(code(weekly({"", kFunction, kRole, "{}"})), "ok");
  EXPECT_EQ(code(weekly({"", kFunction, kRole, "{}"})), "ConflictException");
}

TEST_F(EventsTest, AnInstanceThatStartsIsAnEvent) {
  const std::string id = world_.ec2().add_instance({}, "10.0.0.1");
  world_.advance();
  EventRule rule;
  rule.name = "started";
  rule.pattern = R"({"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"],
                     "detail": {"state": ["running"]}})";
  ASSERT_TRUE(world_.events().put_rule(rule));
  ASSERT_TRUE(world_.events().put_targets("started", {{"one", kFunction, "", ""}})->empty());
  world_.ec2().set_state(id, InstanceState::stopped);
  world_.ec2().set_state(id, InstanceState::running);
  ASSERT_TRUE(goes_on_until(world_, [&] { return !calls_.empty(); }));
  world_.advance();
  ASSERT_EQ(calls_.size(), 1U);
  EXPECT_THAT(calls_[0], HasSubstr(R"("detail":{"instance-id":")" + id + R"(","state":"running"})"));
}

TEST_F(EventsTest, AFunctionMustLetEventBridgeCallIt) {
  functions_.make("closed");
  EventRule rule;
  rule.name = "daily";
  rule.expression = "rate(1 day)";
  ASSERT_TRUE(world_.events().put_rule(rule));
  ASSERT_TRUE(
      world_.events()
          .put_targets("daily", {{"one", "arn:aws:lambda:us-east-1:111122223333:function:closed", "", ""}})
          ->empty());
  clock_.advance(hours{24});
  world_.advance();
  EXPECT_EQ(last_outcome(), "AccessDeniedException");
  EXPECT_EQ(world_.events().remove_rule("daily").error().code, "ValidationException");  // it has targets
}

TEST_F(EventsTest, TopicsTakeWhatSnsTakes) {
  const auto code = [&](const std::string& message, const std::string& subject = {}) {
    const auto id = world_.sns().publish(topic_, message, subject);
    return id ? "ok" : id.error().code;
  };
  EXPECT_EQ(world_.sns().create_topic("news").value(), topic_);  // the same again
  EXPECT_EQ(world_.sns().create_topic("no news").error().code, "InvalidParameter");
  EXPECT_EQ(code("x", "A key was turned"), "ok");
  EXPECT_EQ(code(""), "InvalidParameter");
  EXPECT_EQ(code(std::string(262'145, 'x')), "InvalidParameter");
  EXPECT_EQ(code("x", "two\nlines"), "InvalidParameter");
  EXPECT_EQ(code("x", std::string(101, 'x')), "InvalidParameter");
  EXPECT_EQ(world_.sns().messages().size(), 1U);
  world_.sns().delete_topic(topic_);
  EXPECT_EQ(code("x"), "NotFound");
}

TEST(EventPatternTest, MatchesAsTheGuideSays) {
  const std::string event =
      R"({"source": "aws.ec2", "detail": {"state": "running", "cpu": 7, "tags": ["a", "b"]}})";
  const auto matches = [&](const char* pattern) { return matches_event_pattern(pattern, event); };
  EXPECT_TRUE(matches(R"({"source": ["aws.ssm", "aws.ec2"]})"));
  EXPECT_FALSE(matches(R"({"source": ["aws.ec2"], "detail": {"state": ["stopped"]}})"));
  EXPECT_TRUE(matches(R"({"source": [{"prefix": "aws."}]})"));
  EXPECT_TRUE(matches(R"({"detail": {"state": [{"anything-but": ["stopped"]}]}})"));
  EXPECT_FALSE(matches(R"({"detail": {"state": [{"anything-but": "running"}]}})"));
  EXPECT_TRUE(matches(R"({"detail": {"cpu": [{"numeric": [">", 5, "<=", 7]}]}})"));
  EXPECT_FALSE(matches(R"({"detail": {"cpu": ["7"]}})"));
  EXPECT_TRUE(matches(R"({"detail": {"tags": ["b"]}})"));
  EXPECT_TRUE(matches(R"({"detail": {"none": [{"exists": false}]}})"));
  EXPECT_FALSE(matches(R"({"detail": {"none": {"deeper": ["x"]}}})"));
  for (const char* bad : {"x", "[]", "{}", R"({"source": "aws.ec2"})", R"({"source": []})",
                          R"({"source": [{"wildcard": "*"}]})", R"({"source": [{"prefix": 1}]})"})
    EXPECT_EQ(check_event_pattern(bad).error().code, "InvalidEventPatternException") << bad;
}

}  // namespace
}  // namespace keyturn::sim
