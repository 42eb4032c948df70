// The way out: CloudFormation and Terraform ask whether the stack may go, over the simulated account.
#include "lambda/stack.h"

#include <gtest/gtest.h>

#include "account.h"

namespace keyturn::lambda {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kUrl = "https://answers.example/arn%3Aaws?AWSAccessKeyId=AKIA&Signature=SiGnAtUrE";

// Where CloudFormation waits.
class AnswerBox final : public net::HttpTransport {
 public:
  Result<net::HttpResponse> send(net::HttpRequest request) override {
    requests.push_back(std::move(request));
    if (statuses.empty()) return net::HttpResponse{200, {}, ""};
    const int status = statuses.front();
    statuses.pop_front();
    if (status == 0) return fail(ErrorKind::unavailable, "answers.example refused the connection.");
    return net::HttpResponse{status, {}, ""};
  }
  [[nodiscard]] json answer() const { return json::parse(requests.back().body); }

  std::vector<net::HttpRequest> requests;
  std::deque<int> statuses;
};

class StackTest : public testing::Test {
 protected:
  StackTest() {
    account_.web = &box_;
    account_.config().rotations[0].iam_user = kTestUser;
  }
  Answer ask(const std::string& type, Duration time_left = 15min) {
    const json event{{"RequestType", type},
                     {"ResponseURL", kUrl},
                     {"StackId", "arn:aws:cloudformation:us-east-1:111122223333:stack/keyturn/1"},
                     {"RequestId", "request-7"},
                     {"ResourceType", "Custom::KeyturnWayOut"},
                     {"LogicalResourceId", "WayOut"},
                     {"PhysicalResourceId", type == "Create" ? json() : json("keyturn-way-out")},
                     {"ResourceProperties", {{"ServiceToken", "arn"}}}};
    return account_.call(event.dump(), time_left);
  }
  json answered(const std::string& type, Duration time_left = 15min) {
    EXPECT_TRUE(ask(type, time_left));
    return box_.answer();
  }
  // Everything that was ever said, but to CloudFormation.
  void expect_url_was_told_nowhere(const std::string& more = {}) {
    EXPECT_EQ((account_.logged + more).find("SiGnAtUrE"), std::string::npos);
  }
  void turn_the_key() {
    ASSERT_TRUE(account_.call(R"({"task":"rotate"})"));
    ASSERT_TRUE(account_.call(R"({"task":"update"})"));
  }
  int keys() { return int(account_.world.iam().list_access_keys(kTestUser).value().keys.size()); }

  TestAccount account_;
  AnswerBox box_;
};

TEST_F(StackTest, MakingAndChangingAreAnsweredAtOnce) {
  ASSERT_TRUE(account_.call(R"({"task":"rotate"})"));
  const int engines = account_.engines_made;
  for (const std::string type : {"Create", "Update"}) {
    const json answer = answered(type);
    EXPECT_EQ(answer, json({{"Status", "SUCCESS"},
                            {"PhysicalResourceId", "keyturn-way-out"},
                            {"StackId", "arn:aws:cloudformation:us-east-1:111122223333:stack/keyturn/1"},
                            {"RequestId", "request-7"},
                            {"LogicalResourceId", "WayOut"}}));
  }
  EXPECT_EQ(account_.engines_made, engines);
  EXPECT_EQ(box_.requests[0].method, "PUT");
  EXPECT_EQ(box_.requests[0].url, kUrl);
  EXPECT_TRUE(net::find_header(box_.requests[0].headers, "Content-Type").empty());
  expect_url_was_told_nowhere();
}

TEST_F(StackTest, WithTheOneKeyInForceTheStackMayGoAndNoServerIsAsked) {
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS");
  EXPECT_EQ(account_.engines_made, 0);
  EXPECT_EQ(keys(), 1);
}

TEST_F(StackTest, ARotationUnderWayIsEndedFirst) {
  ASSERT_TRUE(account_.call(R"({"task":"rotate"})"));
  const std::string key = account_.key_at("AWSPENDING");
  const json answer = answered("Delete");
  EXPECT_EQ(account_.key_at("AWSCURRENT"), key);
  EXPECT_EQ(account_.holders_of(key), 3);
  // The key before it is in its grace: a backup may run on it. Whoever deletes the stack is told.
  EXPECT_EQ(answer["Status"], "FAILED");
  const std::string reason = answer["Reason"];
  EXPECT_NE(reason.find(account_.first_key.access_key_id + " (AWSPREVIOUS, Active)"), std::string::npos)
      << reason;
  EXPECT_NE(reason.find("grace ends"), std::string::npos) << reason;
  EXPECT_NE(reason.find("--retain-resources WayOut"), std::string::npos) << reason;
  expect_url_was_told_nowhere();
}

TEST_F(StackTest, AnOldKeyGoesWithTheStackOnceItsGraceIsOver) {
  turn_the_key();
  account_.virtual_clock.sleep_for(49h, nullptr);
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS") << box_.answer();
  EXPECT_EQ(keys(), 1);
  EXPECT_FALSE(account_.world.iam().key(account_.first_key.access_key_id));
}

TEST_F(StackTest, AServerThatHoldsAnOldKeyKeepsKeyturnThere) {
  turn_the_key();
  account_.connector.set_reachable(account_.servers[1], false);
  account_.virtual_clock.sleep_for(49h, nullptr);
  const json answer = answered("Delete");
  EXPECT_EQ(answer["Status"], "FAILED");
  EXPECT_NE(std::string(answer["Reason"]).find("sql2"), std::string::npos) << answer;
  EXPECT_TRUE(account_.world.iam().key(account_.key_at("AWSPREVIOUS")));
}

TEST_F(StackTest, NoKeyIsMadeOnTheWayOut) {
  turn_the_key();
  const int made = account_.world.iam().keys_ever_created();
  account_.virtual_clock.sleep_for(24h * 30, nullptr);  // long due
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS") << box_.answer();
  EXPECT_EQ(account_.world.iam().keys_ever_created(), made);
}

TEST_F(StackTest, WhatTheTimeDoesNotSufficeForIsNamed) {
  ASSERT_TRUE(account_.call(R"({"task":"rotate"})"));
  const json answer = answered("Delete", 1s);
  EXPECT_EQ(answer["Status"], "FAILED");
  EXPECT_NE(std::string(answer["Reason"]).find("AWSPENDING"), std::string::npos) << answer;
  EXPECT_EQ(account_.key_at("AWSCURRENT"), account_.first_key.access_key_id);
}

TEST_F(StackTest, APasswordUnderWayIsNamed) {
  account_.config().sql.rotate_login = true;
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS");  // the secret is not there
  auto& secrets = account_.world.secrets();
  ASSERT_TRUE(secrets.create_secret("sqlpass", account_.random.uuid(), kTestPassword));
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS");
  ASSERT_TRUE(secrets.put_secret_value("sqlpass", account_.random.uuid(), "The-Next-One", {"AWSPENDING"}));
  const json answer = answered("Delete");
  EXPECT_EQ(answer["Status"], "FAILED");
  EXPECT_NE(std::string(answer["Reason"]).find("in sqlpass, is AWSPENDING"), std::string::npos) << answer;
  EXPECT_EQ((account_.logged + answer.dump()).find("The-Next-One"), std::string::npos);
}

TEST_F(StackTest, AUserOrASecretThatIsGoneHoldsNothingUp) {
  account_.config().rotations[0].credential_secret = "another";
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS");
  account_.config().rotations[0].iam_user = "nobody";
  EXPECT_EQ(answered("Delete")["Status"], "SUCCESS");
}

TEST_F(StackTest, WhatCannotBeLookedAtIsNotTakenForNothing) {
  account_.world.faults().add({"iam:ListAccessKeys", sim::FaultKind::refuse, 0, -1, {}});
  const json answer = answered("Delete");
  EXPECT_EQ(answer["Status"], "FAILED");
  EXPECT_NE(std::string(answer["Reason"]).find("ListAccessKeys"), std::string::npos) << answer;
}

TEST_F(StackTest, AnUnknownRequestIsAnswered) { EXPECT_EQ(answered("Conjure")["Status"], "FAILED"); }

TEST_F(StackTest, TheAnswerIsSentAgainWhereItGotLost) {
  box_.statuses = {0, 503};
  EXPECT_EQ(answered("Create")["Status"], "SUCCESS");
  EXPECT_EQ(box_.requests.size(), 3U);
}

TEST_F(StackTest, AnAnswerThatNeverArrivesIsAnErrorSoThatLambdaCallsAgain) {
  box_.statuses = {0, 0, 0};
  const Answer lost = ask("Create");
  ASSERT_FALSE(lost);
  box_.statuses = {403};
  const Answer refused = ask("Create");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("answers.example answered with status 403"), std::string::npos);
  expect_url_was_told_nowhere(lost.error().message + refused.error().message);
}

TEST_F(StackTest, ALongReasonFitsIntoCloudFormationsAnswer) {
  account_.config().rotations.assign(12, account_.config().rotations[0]);
  account_.world.faults().add({"iam:ListAccessKeys", sim::FaultKind::refuse, 0, -1, {}});
  const json answer = answered("Delete");
  EXPECT_LT(box_.requests.back().body.size(), 4096U);
  EXPECT_NE(std::string(answer["Reason"]).find("--retain-resources WayOut"), std::string::npos);
}

TEST_F(StackTest, AFunctionThatCannotStartRefusesTheStackAndLetsItBeRolledBack) {
  const FunctionError reason{"Runtime.BadConfiguration", "grace must be longer."};
  const auto asked = [&](StackRequest request, const std::string& physical_id) {
    const StackEvent event{request,
                           StackEvent::Caller{SecretString(kUrl), "arn", "1", "WayOut", physical_id}};
    EXPECT_TRUE(refuse(box_, account_.clock, event, reason));
    return box_.answer();
  };
  const json made = asked(StackRequest::make, "");
  EXPECT_EQ(made["Status"], "FAILED");
  EXPECT_EQ(made["Reason"], "grace must be longer.");
  EXPECT_EQ(asked(StackRequest::remove, made["PhysicalResourceId"])["Status"], "SUCCESS");
  EXPECT_EQ(asked(StackRequest::remove, "keyturn-way-out")["Status"], "FAILED");
  EXPECT_FALSE(refuse(box_, account_.clock, std::nullopt, reason));
}

TEST_F(StackTest, TerraformIsAnsweredByTheFunctionItself) {
  EXPECT_TRUE(account_.call(R"({"tf":{"action":"create","prev_input":null}})"));
  ASSERT_TRUE(account_.call(R"({"task":"rotate"})"));
  EXPECT_TRUE(account_.call(R"({"tf":{"action":"update","prev_input":{}}})"));
  const Answer answer = account_.call(R"({"tf":{"action":"delete","prev_input":{}}})");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("AWSPREVIOUS, Active"), std::string::npos) << answer.error().message;
  account_.virtual_clock.sleep_for(49h, nullptr);
  EXPECT_TRUE(account_.call(R"({"tf":{"action":"delete","prev_input":{}}})"));
  EXPECT_TRUE(box_.requests.empty());
  EXPECT_FALSE(account_.call(R"({"tf":{"action":"conjure"}})"));
}

}  // namespace
}  // namespace keyturn::lambda
