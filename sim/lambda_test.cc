#include "sim/lambda.h"

#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "aws/signing.h"
#include "sim/base64_text.h"
#include "sim/function_testing.h"
#include "sim/lambda_runtime.h"
#include "sim/virtual_clock.h"
#include "sim/world_transport.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kRole = "arn:aws:iam::111122223333:role/function";

// Remembers what it was told to start and to end; nothing runs.
class Hands final : public FunctionHost {
 public:
  Result<void> start(const EnvironmentOrder& order) override {
    started.push_back(order);
    if (refuses) return fail(ErrorKind::unavailable, "no such program");
    return {};
  }
  void kill(const std::string& environment_id) override { killed.push_back(environment_id); }

  std::vector<EnvironmentOrder> started;
  std::vector<std::string> killed;
  bool refuses = false;
};

class LambdaTest : public testing::Test {
 protected:
  LambdaTest() { lambda().set_host(&hands_); }
  ~LambdaTest() override { lambda().shut_down(); }

  Lambda& lambda() { return world_.lambda(); }
  Function create(const std::string& name = "f", Duration timeout = 10s) {
    FunctionSettings settings;
    settings.role = kRole;
    settings.timeout = timeout;
    return lambda().create_function(name, settings, {nullptr, "/none"}).value();
  }
  std::string begin(InvocationType type = InvocationType::request_response,
                    const std::string& payload = "{}") {
    return lambda().begin({"f", payload, type, {}}).value();
  }
  Exchange ask(const std::string& method, const std::string& target, const std::string& body = {},
               net::Headers headers = {}) {
    return runtime_.handle(hands_.started.back().id, method, "/2018-06-01/runtime/" + target, headers, body);
  }
  Exchange next() { return ask("GET", "invocation/next"); }

  VirtualClock clock_{parse_iso8601("2026-03-01T12:00:00Z").value()};
  SeededRandom random_{3};
  World world_{clock_, random_};
  RuntimeFront runtime_{world_};
  Hands hands_;
};

TEST_F(LambdaTest, AnInvocationGoesThroughItsEnvironment) {
  create();
  const std::string id = begin(InvocationType::request_response, R"({"a":1})");
  ASSERT_EQ(hands_.started.size(), 1U);
  EXPECT_EQ(hands_.started[0].variables.at("AWS_LAMBDA_FUNCTION_NAME"), "f");
  const Exchange given = next();
  EXPECT_EQ(given.response.status, 200);
  EXPECT_EQ(given.response.body, R"({"a":1})");
  EXPECT_EQ(given.response.header("Lambda-Runtime-Aws-Request-Id"), id);
  EXPECT_EQ(given.response.header("Lambda-Runtime-Deadline-Ms"),
            std::to_string((clock_.now() + 10s).time_since_epoch().count()));
  EXPECT_FALSE(lambda().result(id));
  EXPECT_EQ(ask("POST", "invocation/" + id + "/response", R"({"b":2})").response.status, 202);
  EXPECT_EQ(lambda().result(id)->payload, R"({"b":2})");
  EXPECT_EQ(lambda().result(id)->function_error, "");
}

TEST_F(LambdaTest, TheRuntimeApiHoldsItsStates) {
  create();
  const std::string id = begin();
  EXPECT_EQ(ask("POST", "invocation/" + id + "/response", "{}").response.status,
            403);  // nothing was given yet
  EXPECT_EQ(next().response.status, 200);
  EXPECT_EQ(next().response.status, 403);  // one at a time
  EXPECT_EQ(ask("POST", "invocation/other/response", "{}").response.status, 400);
  EXPECT_EQ(ask("POST", "init/error", "{}").response.status, 403);
  EXPECT_EQ(ask("POST", "invocation/" + id + "/response", "{}").response.status, 202);
  EXPECT_EQ(ask("POST", "invocation/" + id + "/response", "{}").response.status, 403);
  EXPECT_EQ(ask("GET", "somewhere").response.status, 404);
}

TEST_F(LambdaTest, AnAnswerAboveSixMebibytesIsAnError) {
  create();
  const std::string id = begin();
  (void)next();
  EXPECT_EQ(
      ask("POST", "invocation/" + id + "/response", std::string((6U << 20U) + 101, 'x')).response.status,
      413);
  EXPECT_EQ(lambda().result(id)->function_error, "Unhandled");
  EXPECT_NE(lambda().result(id)->payload.find("ResponseSizeTooLarge"), std::string::npos);
}

TEST_F(LambdaTest, ErrorsReachTheCallerAsTheFunctionSaysThem) {
  create();
  const std::string id = begin();
  (void)next();
  const std::string error = R"({"errorMessage":"no","errorType":"Function.Blocked","stackTrace":[]})";
  EXPECT_EQ(ask("POST", "invocation/" + id + "/error", error,
                {{"Lambda-Runtime-Function-Error-Type", "Function.Blocked"}})
                .response.status,
            202);
  EXPECT_EQ(lambda().result(id)->payload, error);
  EXPECT_EQ(lambda().result(id)->function_error, "Unhandled");
  EXPECT_EQ(lambda().invocations().back().error_type, "Function.Blocked");
  const std::string second = begin();
  (void)next();
  (void)ask("POST", "invocation/" + second + "/error", error,
            {{"Lambda-Runtime-Function-Error-Type", "odd"}});
  EXPECT_EQ(lambda().invocations().back().error_type, "Function.Unknown");
}

TEST_F(LambdaTest, AnEnvironmentIsKeptWarmUntilTheFunctionChanges) {
  create();
  for (const bool cold : {true, false}) {
    const std::string id = begin();
    (void)next();
    (void)ask("POST", "invocation/" + id + "/response", "{}");
    EXPECT_EQ(lambda().invocations().back().cold, cold);
  }
  EXPECT_EQ(hands_.started.size(), 1U);
  ASSERT_TRUE(lambda().update_settings("f", [](FunctionSettings& settings) { settings.memory_mb = 256; }));
  EXPECT_EQ(hands_.killed.size(), 1U);
  begin();
  EXPECT_EQ(hands_.started.size(), 2U);
}

TEST_F(LambdaTest, AnInvocationThatTakesTooLongEndsWithItsEnvironment) {
  create("f", 3s);
  const std::string id = begin();
  (void)next();
  clock_.advance(2s);
  lambda().advance();
  EXPECT_FALSE(lambda().result(id));
  clock_.advance(1s);
  lambda().advance();
  EXPECT_NE(lambda().result(id)->payload.find("Task timed out after 3.00 seconds"), std::string::npos);
  EXPECT_EQ(hands_.killed.size(), 1U);
  EXPECT_EQ(ask("POST", "invocation/" + id + "/response", "{}").ending, Ending::reply_lost);
}

TEST_F(LambdaTest, AnInitThatTakesTooLongIsTriedOnceMore) {
  create("f", 60s);
  const std::string id = begin();
  clock_.advance(10s);
  lambda().advance();
  EXPECT_EQ(hands_.killed.size(), 1U);
  EXPECT_EQ(hands_.started.size(), 2U);
  clock_.advance(60s);
  lambda().advance();
  EXPECT_NE(lambda().result(id)->payload.find("Sandbox.Timedout"), std::string::npos);
}

TEST_F(LambdaTest, AStartThatFailsFailsTheInvocation) {
  create();
  hands_.refuses = true;
  EXPECT_NE(lambda().result(begin())->payload.find("no such program"), std::string::npos);
  hands_.refuses = false;
  const std::string exited = begin();
  lambda().environment_ended(hands_.started.back().id, "exit status 1");
  EXPECT_NE(lambda().result(exited)->payload.find("Runtime.ExitError"), std::string::npos);
  const std::string told = begin();
  EXPECT_EQ(ask("POST", "init/error", R"({"errorMessage":"bad setting"})").response.status, 202);
  EXPECT_NE(lambda().result(told)->payload.find("bad setting"), std::string::npos);
}

TEST_F(LambdaTest, AnEventThatFailsIsTriedTwiceMore) {
  create();
  const std::string id = begin(InvocationType::event);
  for (const Duration pause : {Duration{0}, Duration{60s}, Duration{120s}}) {
    EXPECT_FALSE(lambda().result(id));
    clock_.advance(pause);
    lambda().advance();
    const Exchange given = next();
    EXPECT_EQ(given.response.header("Lambda-Runtime-Aws-Request-Id"), id);
    (void)ask("POST", "invocation/" + id + "/error", "{}");
  }
  EXPECT_EQ(lambda().result(id)->function_error, "Unhandled");
  EXPECT_EQ(lambda().invocations().back().attempt, 3);
}

TEST_F(LambdaTest, ReservedConcurrencyIsALimit) {
  create();
  ASSERT_TRUE(lambda().reserve_concurrency("f", 1));
  begin();
  const auto second = lambda().begin({"f", "{}", InvocationType::request_response, {}});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "TooManyRequestsException");
  EXPECT_EQ(second.error().http_status, 429);
  EXPECT_TRUE(lambda().begin({"f", "{}", InvocationType::event, {}}));  // this one waits
  EXPECT_EQ(hands_.started.size(), 1U);
}

TEST_F(LambdaTest, WhatWasLoggedComesWithTheAnswer) {
  create();
  const std::string id = begin();
  (void)next();
  lambda().add_log(hands_.started.back().id, "one line\n");
  (void)ask("POST", "invocation/" + id + "/response", "{}");
  EXPECT_NE(lambda().result(id)->log_tail.find("one line\n"), std::string::npos);
  EXPECT_NE(lambda().log("f").find("START RequestId: " + id), std::string::npos);
}

TEST_F(LambdaTest, FaultsOfTheRuntimeApi) {
  create();
  begin();
  world_.faults().add({"lambda-runtime:next", FaultKind::error_5xx, 0, 1, {}});
  EXPECT_EQ(next().response.status, 500);
  world_.faults().add({"lambda-runtime:next", FaultKind::reply_lost, 0, 1, {}});
  EXPECT_EQ(next().ending, Ending::reply_lost);
}

TEST(LambdaFront, FunctionsOverTheApiOfAws) {
  SystemClock clock;
  SeededRandom random{3};
  World world(clock, random);
  const Caller admin = world.iam().add_principal("admin", {{true, "*", "*"}});
  const Caller nobody = world.iam().add_principal("nobody", {{true, "lambda:GetFunction", "*"}});
  TestFunctions functions(world, [](const std::string& function, const std::string& payload) {
    return payload == "13" ? TestFunctions::Answer{R"({"errorType":"Unlucky"})", "Function.Unlucky"}
                           : TestFunctions::Answer{"\"" + function + " got " + payload + "\"", {}};
  });
  WorldTransport transport(world);
  const auto call = [&](const std::string& method, const std::string& target, const std::string& body = {},
                        net::Headers headers = {}, const Caller* caller = nullptr) {
    if (caller == nullptr) caller = &admin;
    net::HttpRequest request;
    request.method = method;
    request.url = "https://lambda.us-east-1.amazonaws.com" + target;
    request.headers = std::move(headers);
    request.body = body;
    aws::sign(request, {caller->access_key_id, SecretString(caller->secret), {}, {}}, {"us-east-1", "lambda"},
              clock.now());
    return transport.send(request).value();
  };
  const std::string functions_path = "/2015-03-31/functions";
  const json wanted{{"FunctionName", "f"},
                    {"Runtime", "provided.al2023"},
                    {"Handler", "bootstrap"},
                    {"Role", kRole},
                    {"Timeout", 30},
                    {"Code", {{"ZipFile", base64_text("PK zip")}}},
                    {"Environment", {{"Variables", {{"A", "b"}}}}}};
  EXPECT_EQ(call("POST", functions_path, wanted.dump()).status, 201);
  EXPECT_EQ(call("POST", functions_path, wanted.dump()).status, 409);
  const json got = json::parse(call("GET", functions_path + "/f").body);
  EXPECT_EQ(got["Configuration"]["Timeout"], 30);
  EXPECT_EQ(got["Configuration"]["Environment"]["Variables"]["A"], "b");
  EXPECT_EQ(json::parse(call("GET", functions_path + "/").body)["Functions"].size(), 1U);

  const std::string invoke = functions_path + "/f/invocations";
  const auto answered = call("POST", invoke, "7", {{"X-Amz-Log-Type", "Tail"}});
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body, R"("f got 7")");
  EXPECT_EQ(answered.header("X-Amz-Function-Error"), "");
  EXPECT_NE(bytes_of_base64(answered.header("X-Amz-Log-Result"))->find("START RequestId"), std::string::npos);
  const auto failed = call("POST", invoke, "13");
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(failed.header("X-Amz-Function-Error"), "Unhandled");
  EXPECT_EQ(call("POST", invoke, "7", {{"X-Amz-Invocation-Type", "Event"}}).status, 202);
  EXPECT_EQ(call("POST", invoke, "7", {{"X-Amz-Invocation-Type", "DryRun"}}).status, 204);
  EXPECT_EQ(call("POST", invoke, "{").header("x-amzn-ErrorType"), "InvalidRequestContentException");
  const auto by_arn =
      call("POST",
           functions_path + "/arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Af/invocations", "1");
  EXPECT_EQ(by_arn.body, R"("f got 1")");

  EXPECT_EQ(call("POST", invoke, "7", {}, &nobody).status, 403);
  EXPECT_EQ(call("POST", invoke, "7", {}, &nobody).header("x-amzn-ErrorType"), "AccessDeniedException");
  const auto unknown = call("POST", functions_path + "/g/invocations", "7");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.header("x-amzn-ErrorType"), "ResourceNotFoundException");

  const json permission{{"StatementId", "sm"},
                        {"Action", "lambda:InvokeFunction"},
                        {"Principal", "secretsmanager.amazonaws.com"}};
  EXPECT_EQ(call("POST", functions_path + "/f/policy", permission.dump()).status, 201);
  EXPECT_EQ(call("POST", functions_path + "/f/policy", permission.dump()).status, 409);
  EXPECT_NE(call("GET", functions_path + "/f/policy").body.find("secretsmanager.amazonaws.com"),
            std::string::npos);
  EXPECT_EQ(call("PUT", functions_path + "/f/configuration", R"({"Timeout":901})").status, 400);
  EXPECT_EQ(call("PUT", functions_path + "/f/configuration", R"({"Timeout":900})").status, 200);
  EXPECT_EQ(call("DELETE", functions_path + "/f").status, 204);
  EXPECT_EQ(call("GET", functions_path + "/f").status, 404);
}

}  // namespace
}  // namespace keyturn::sim
