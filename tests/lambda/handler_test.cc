// The tasks of a function over the simulated account: every call, every server and the clock are its own.
#include "lambda/handler.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "account.h"

namespace keyturn::lambda {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

TEST(Handler, TheBlogsTwoFunctionsTurnTheKeyWithEmptyEvents) {
  TestAccount account;
  account.names = {"bootstrap", "SQL-Credentials-RotateCreds"};
  const json rotated = account.response("{}");
  EXPECT_EQ(rotated["task"], "rotate");
  EXPECT_EQ(rotated["outcome"], "done");
  EXPECT_EQ(rotated["again"], false);
  const std::string key = account.key_at("AWSPENDING");
  ASSERT_FALSE(key.empty());
  EXPECT_EQ(account.key_at("AWSCURRENT"), account.first_key.access_key_id);
  EXPECT_EQ(account.holders_of(key), 0);

  account.names.function = "SQL-Credentials-UpdateCreds";
  const json updated = account.response("{}");
  EXPECT_EQ(updated["task"], "update");
  EXPECT_EQ(updated["outcome"], "done") << updated.dump(2);
  EXPECT_EQ(account.key_at("AWSCURRENT"), key);
  EXPECT_EQ(account.holders_of(key), 3);
}

TEST(Handler, RotateCalledAgainMakesNoSecondKey) {
  TestAccount account;
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  const std::string key = account.key_at("AWSPENDING");
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  EXPECT_EQ(account.key_at("AWSPENDING"), key);
  EXPECT_EQ(account.world.iam().keys_ever_created(), 1);
}

TEST(Handler, ALeakedKeyIsGoneAfterOneCall) {
  TestAccount account;
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  ASSERT_TRUE(account.call(R"({"task":"update"})"));
  const std::string leaked = account.key_at("AWSCURRENT");
  const auto response = account.response(R"({"task":"rotate","compromised":true})");
  EXPECT_EQ(response["outcome"], "done") << response.dump(2);
  EXPECT_NE(account.key_at("AWSCURRENT"), leaked);
  EXPECT_EQ(account.holders_of(account.key_at("AWSCURRENT")), 3);
  EXPECT_FALSE(account.world.iam().key(leaked));
}

TEST(Handler, UpdateFailsAndNamesTheServersThatAreLeftBehind) {
  TestAccount account;
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  account.connector.set_reachable(account.servers[1], false);
  const Answer answer = account.call(R"({"task":"update"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().type, "Function.Incomplete");
  EXPECT_NE(answer.error().message.find("sql2"), std::string::npos) << answer.error().message;
  // A schedule's reconcile says the same as data; a strict one fails.
  EXPECT_EQ(account.response(R"({"task":"reconcile"})")["outcome"], "incomplete");
  EXPECT_FALSE(account.call(R"({"task":"reconcile","strict":true})"));
}

TEST(Handler, AStrictStatusFailsWhileWorkIsLeft) {
  TestAccount account;
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  // The key is made, and on no server yet.
  EXPECT_TRUE(account.call(R"({"task":"status"})"));
  EXPECT_EQ(account.call(R"({"task":"status","strict":true})").error().type, "Function.Incomplete");
  ASSERT_TRUE(account.call(R"({"task":"update"})"));
  EXPECT_TRUE(account.call(R"({"task":"status","strict":true})"));
}

TEST(Handler, WhatAPersonMustDecideIsAnError) {
  TestAccount account;
  (void)account.world.iam().add_key(kTestUser, account.clock.now() - 2h);  // nobody knows whose
  const Answer answer = account.call(R"({"task":"reconcile"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().type, "Function.Blocked");
  EXPECT_EQ(account.call(R"({"task":"status","strict":true})").error().type, "Function.Blocked");
  // A state is told all the same.
  EXPECT_EQ(account.response(R"({"task":"status"})")["outcome"], "blocked");
}

TEST(Handler, AServiceThatIsDownIsAnErrorAndChangesNothing) {
  TestAccount account;
  account.world.faults().add({"iam:*", sim::FaultKind::error_5xx, 0, -1, {}});
  const Answer answer = account.call(R"({"task":"rotate"})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().type, "Function.Failed");
  EXPECT_TRUE(account.key_at("AWSPENDING").empty());
  const Answer status = account.call(R"({"task":"status"})");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().type, "Function.Failed");
}

TEST(Handler, StatusChangesNothing) {
  TestAccount account;
  const json status = account.response(R"({"task":"status"})");
  EXPECT_EQ(status["kind"], "status");
  EXPECT_EQ(status["rotations"][0]["observed"]["targets"].size(), 3U);
  EXPECT_EQ(account.world.iam().keys_ever_created(), 0);
}

TEST(Handler, ARotationIsChosenByItsName) {
  TestAccount account;
  account.config().rotations.push_back(account.settings);
  account.config().rotations[1].name = "payroll";
  const json chosen = account.response(R"({"task":"status","rotation":"payroll"})");
  ASSERT_EQ(chosen["rotations"].size(), 1U);
  EXPECT_EQ(chosen["rotations"][0]["name"], "payroll");
  const Answer wrong = account.call(R"({"task":"status","rotation":"payrol"})");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("Did you mean \"payroll\""), std::string::npos);
}

TEST(Handler, StopsInTimeAndAsksToBeCalledAgain) {
  SystemClock clock;
  TestAccount account(8, &clock);
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  for (int i = 1; i <= 8; ++i)  // each takes its time to be reached
    account.world.faults().add(
        {"tds:sql" + std::to_string(i) + ":login", sim::FaultKind::delay, 0, -1, Duration{120}});
  bool asked_again = false;
  for (int calls = 0; calls < 20; ++calls) {
    const json answered = account.response(R"({"task":"update","max_s":2})");
    if (!answered["again"].get<bool>()) break;
    asked_again = true;
    EXPECT_EQ(answered["outcome"], "incomplete");
  }
  EXPECT_TRUE(asked_again);
  EXPECT_EQ(account.holders_of(account.key_at("AWSCURRENT")), 8);
  EXPECT_NE(account.key_at("AWSCURRENT"), account.first_key.access_key_id);
}

TEST(Handler, LeavesTimeForTheAnswer) {
  const TimePoint now = TimePoint{} + 1000h;
  EXPECT_EQ(stop_at(now, now + 15min, {}), now + 15min - 15s);
  EXPECT_EQ(stop_at(now, now + 20s, {}), now + 15s);
  EXPECT_EQ(stop_at(now, now + 3s, {}), now + 2s);
  EXPECT_EQ(stop_at(now, now + 15min, 240s), now + 240s);
  EXPECT_EQ(stop_at(now, {}, 60s), now + 60s);
}

TEST(Handler, AnInvocationThatBeginsTooLateDoesNothingAndIsAskedForAgain) {
  TestAccount account;
  account.config().rotations.push_back(account.settings);
  Invocation invocation{"r", R"({"task":"update"})", account.clock.now() - 1s, "", ""};
  const HandlerParts parts{account, account.clock, account.stop, account.log, account.names};
  const auto answer = handle(parts, invocation);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(json::parse(*answer)["again"], true);
  // The next one has time again.
  EXPECT_EQ(account.response(R"({"task":"update"})")["outcome"], "done");
}

std::string state_change(const std::string& id, const std::string& state) {
  return R"({"detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","detail":{"instance-id":")" +
         id + R"(","state":")" + state + "\"}}";
}

TEST(Handler, AnInstanceThatStartsIsBroughtUpToDate) {
  TestAccount account;
  const std::string id = account.world.ec2().add_instance({{"SQL", "2022"}}, "10.0.0.9");
  const json answered = account.response(state_change(id, "running"));
  EXPECT_EQ(answered["outcome"], "done");
  EXPECT_EQ(account.holders_of(account.first_key.access_key_id), 3);
  // Nobody reads the answer to an event: one that left a server behind has to fail, so that it comes again.
  account.connector.set_reachable(account.servers[2], false);
  const Answer answer = account.call(state_change(id, "running"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().type, "Function.Incomplete");
}

TEST(Handler, InstancesOfOthersAndOtherStatesAreLeftAlone) {
  TestAccount account;
  const std::string ours = account.world.ec2().add_instance({{"SQL", "2022"}}, "10.0.0.9");
  const std::string untagged = account.world.ec2().add_instance({}, "10.0.0.10");
  for (const std::string& event : {state_change(ours, "stopping"), state_change(untagged, "running")}) {
    EXPECT_EQ(account.response(event)["rotations"], json::array());
    EXPECT_EQ(account.engines_made, 0);
  }
}

TEST(Handler, WaitsForTheAgentOfAnInstanceThatStarts) {
  TestAccount account;
  account.config().rotations[0].fleet.via = setup::FleetWay::ssm;
  const std::string id = account.world.ec2().add_instance({{"SQL", "2022"}}, "10.0.0.9");
  const Answer late = account.call(state_change(id, "running"), 10s);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find(id), std::string::npos);
  EXPECT_EQ(account.engines_made, 0);
  sim::ManagedNode node;
  node.id = id;
  node.platform_type = "Linux";
  account.world.ssm().put_node(node);
  EXPECT_EQ(account.response(state_change(id, "running"))["outcome"], "done");
}

TEST(Handler, LogsAreJsonAndNothingIsSecretInThemOrInTheAnswer) {
  TestAccount account;
  std::string seen =
      account.call(R"({"task":"rotate"})").value() + account.call(R"({"task":"update"})").value();
  account.connector.set_reachable(account.servers[0], false);
  account.world.faults().add({"secretsmanager:UpdateSecretVersionStage", sim::FaultKind::refuse, 0, -1, {}});
  ASSERT_TRUE(account.call(R"({"task":"rotate"})"));
  seen += account.call(R"({"task":"update"})").error().message + account.logged;

  std::vector<std::string> secrets{kTestPassword};
  for (const sim::IamKey& key : account.world.iam().keys(kTestUser)) secrets.push_back(key.secret);
  ASSERT_EQ(secrets.size(), 3U);
  for (const std::string& secret : secrets) {
    EXPECT_EQ(seen.find(secret), std::string::npos);
    EXPECT_EQ(seen.find(json(secret).dump()), std::string::npos);
  }
  std::istringstream lines(account.logged);
  int metrics = 0;
  for (std::string line; std::getline(lines, line);) {
    const json object = json::parse(line);
    ASSERT_TRUE(object.is_object());
    if (object.contains("_aws"))
      ++metrics;
    else
      EXPECT_TRUE(object.contains("time") && object.contains("level") && object.contains("message")) << line;
  }
  EXPECT_EQ(metrics, 4);  // one a run
  // That the search finds something where something is: the key's id may be told.
  EXPECT_NE(seen.find(account.first_key.access_key_id), std::string::npos);
}

RC_GTEST_PROP(HandlerProperty, AnyPayloadIsAnsweredOrRefused, (const std::string& payload)) {
  static TestAccount account;  // payloads that mean something are no harm to it
  const Answer answer = account.call(payload);
  RC_ASSERT(answer || !answer.error().message.empty());
}

}  // namespace
}  // namespace keyturn::lambda
