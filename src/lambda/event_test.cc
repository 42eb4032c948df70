#include "lambda/event.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace keyturn::lambda {
namespace {

using std::chrono::seconds;

const FunctionNames kNone{"bootstrap", "keyturn"};

Result<Event> parse(const std::string& payload, const FunctionNames& names = kNone) {
  return parse_event(payload, names);
}
TaskEvent task(const std::string& payload, const FunctionNames& names = kNone) {
  return std::get<TaskEvent>(parse(payload, names).value());
}

TEST(Event, AnEmptyEventIsWhatTheFunctionIsFor) {
  for (const std::string payload : {"{}", "null", "", "  {}\n"}) {
    EXPECT_EQ(task(payload, {"bootstrap", "SQL-Credentials-RotateCreds"}).task, Task::rotate);
    EXPECT_EQ(task(payload, {"lambda_function.handler", "SQL-Credentials-UpdateCreds"}).task, Task::update);
    EXPECT_EQ(task(payload, {"status", "SQL-Credentials-RotateCreds"}).task, Task::status);
    EXPECT_EQ(task(payload).task, Task::reconcile);
  }
}

TEST(Event, WhatAScheduleSendsIsAnEmptyEvent) {
  const std::string scheduled =
      R"({"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","detail":{}})";
  EXPECT_EQ(task(scheduled, {"bootstrap", "MyRotation-rotate"}).task, Task::rotate);
  EXPECT_EQ(task(scheduled).task, Task::reconcile);
}

TEST(Event, RotateAndUpdateKeepWithinThePatienceOfAnAutomation) {
  EXPECT_EQ(task(R"({"task":"rotate"})").max_s, seconds{240});
  EXPECT_EQ(task("{}", {"update", ""}).max_s, seconds{240});
  EXPECT_EQ(task(R"({"task":"update","max_s":600})").max_s, seconds{600});
  EXPECT_EQ(task(R"({"task":"reconcile"})").max_s, std::nullopt);
}

TEST(Event, EveryMemberIsRead) {
  const TaskEvent event = task(
      R"({"task":"rotate","rotation":"payroll","max_s":7,"strict":true,"brief":true,"compromised":true})");
  EXPECT_EQ(event.rotation, "payroll");
  EXPECT_EQ(event.max_s, seconds{7});
  EXPECT_TRUE(event.strict && event.brief && event.compromised);
}

TEST(Event, WhatCannotBeMeantIsRefused) {
  for (const std::string payload :
       {"[]",
        "1",
        "\"rotate\"",
        "{",
        "{\"a\":",
        R"({"task":"rotat"})",
        R"({"task":1})",
        R"({"tusk":"rotate"})",
        R"({"max_s":0})",
        R"({"max_s":-5})",
        R"({"max_s":86401})",
        R"({"max_s":1.5})",
        R"({"max_s":"60"})",
        R"({"max_s":18446744073709551615})",
        R"({"strict":"yes"})",
        R"({"rotation":5})",
        R"({"task":"update","compromised":true})",
        R"({"Step":"createSecret"})",
        R"({"Step":"create","SecretId":"s","ClientRequestToken":"0123456789abcdef0123456789abcdef"})",
        R"({"Step":"createSecret","SecretId":"s","ClientRequestToken":"short"})",
        R"({"Step":{}})",
        R"({"detail-type":"AWS API Call via CloudTrail"})",
        R"({"detail-type":7})",
        R"({"detail-type":"EC2 Instance State-change Notification"})",
        R"({"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"}})"}) {
    const auto parsed = parse(payload);
    ASSERT_FALSE(parsed) << payload;
    EXPECT_EQ(parsed.error().kind, ErrorKind::usage);
  }
}

TEST(Event, StepsOfSecretsManagerAndInstancesAreKnown) {
  const auto step = std::get<SecretStepEvent>(*parse(
      R"({"Step":"testSecret","SecretId":"arn:x","ClientRequestToken":"0123456789abcdef0123456789abcdef",
                 "RotationToken":"later"})"));
  EXPECT_EQ(step.step, SecretStep::test);
  EXPECT_EQ(step.secret_id, "arn:x");
  EXPECT_EQ(step.token, "0123456789abcdef0123456789abcdef");
  const auto instance = std::get<InstanceEvent>(
      *parse(R"({"version":"0","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2",
                 "resources":["arn:…"],"detail":{"instance-id":"i-0abc","state":"running"}})"));
  EXPECT_EQ(instance.instance_id, "i-0abc");
  EXPECT_EQ(instance.state, "running");
}

// Whatever comes, it is an event or a refusal.
RC_GTEST_PROP(EventProperty, AnyPayloadIsParsedOrRefused, (const std::string& payload)) {
  const auto parsed = parse(payload);
  RC_ASSERT(parsed || !parsed.error().message.empty());
}

// Pieces of real events, put together at random: deeper than random bytes get.
RC_GTEST_PROP(EventProperty, AnyObjectOfKnownNamesIsParsedOrRefused, ()) {
  const auto names = rc::gen::element<std::string>("task", "rotation", "max_s", "strict", "Step", "SecretId",
                                                   "ClientRequestToken", "detail-type", "detail", "x");
  const auto values = rc::gen::element<std::string>(
      "null", "{}", "[]", "true", "-1", "1e999", "240", "\"rotate\"", "\"createSecret\"", "\"\\u0000\"",
      "\"EC2 Instance State-change Notification\"", "{\"instance-id\":[],\"state\":1}",
      "\"0123456789abcdef0123456789abcdef\"");
  std::string payload = "{";
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i)
    payload += "\"" + *names + "\":" + *values + (i > 1 ? "," : "");
  const auto parsed = parse(payload + "}");
  RC_ASSERT(parsed || !parsed.error().message.empty());
}

}  // namespace
}  // namespace keyturn::lambda
