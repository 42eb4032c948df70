#include "lambda/runtime_client.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "aws/test_support.h"
#include "lambda/runtime_loop.h"

namespace keyturn::lambda {
namespace {

using aws::ScriptedTransport;

constexpr const char* kBase = "http://127.0.0.1:9001/2018-06-01/runtime/";

Result<net::HttpResponse> an_invocation() {
  return aws::reply(200, R"({"a":1})",
                    {{"Lambda-Runtime-Aws-Request-Id", "r-1"},
                     {"Lambda-Runtime-Deadline-Ms", "1767312000000"},
                     {"Lambda-Runtime-Invoked-Function-Arn", "arn:f"},
                     {"Lambda-Runtime-Trace-Id", "Root=1-2"}});
}

TEST(RuntimeClient, WaitsForTheNextInvocationWithoutLimitOrProxy) {
  ScriptedTransport transport([](const auto&) { return an_invocation(); });
  const auto invocation = RuntimeClient(transport, "127.0.0.1:9001").next();
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->request_id, "r-1");
  EXPECT_EQ(invocation->payload, R"({"a":1})");
  EXPECT_EQ(invocation->trace_id, "Root=1-2");
  EXPECT_EQ(format_iso8601(*invocation->deadline), "2026-01-02T00:00:00Z");
  const net::HttpRequest& sent = transport.requests.at(0);
  EXPECT_EQ(sent.url, std::string(kBase) + "invocation/next");
  EXPECT_FALSE(sent.use_proxy);
  EXPECT_GT(sent.timeout, std::chrono::hours{24 * 30});
}

TEST(RuntimeClient, AsksOnceMoreOverAConnectionThatDiedWhileFrozen) {
  int asked = 0;
  ScriptedTransport transport([&](const auto&) { return ++asked == 1 ? aws::no_answer() : an_invocation(); });
  EXPECT_TRUE(RuntimeClient(transport, "127.0.0.1:9001").next());
  asked = 0;
  ScriptedTransport dead([&](const auto&) {
    ++asked;
    return aws::not_reached();
  });
  EXPECT_FALSE(RuntimeClient(dead, "127.0.0.1:9001").next());
  EXPECT_EQ(asked, 2);
}

TEST(RuntimeClient, SendsErrorsInLambdasForm) {
  ScriptedTransport transport([](const auto&) { return aws::reply(202, "{}"); });
  RuntimeClient client(transport, "127.0.0.1:9001");
  EXPECT_EQ(client.fail_invocation("r-1", {"Function.Blocked", "It is \"so\".\nReally."}), Posted::accepted);
  const net::HttpRequest& sent = transport.requests.at(0);
  EXPECT_EQ(sent.url, std::string(kBase) + "invocation/r-1/error");
  EXPECT_EQ(net::find_header(sent.headers, "Lambda-Runtime-Function-Error-Type"), "Function.Blocked");
  EXPECT_EQ(sent.body,
            R"({"errorMessage":"It is \"so\".\nReally.","errorType":"Function.Blocked","stackTrace":[]})");
  EXPECT_FALSE(sent.use_proxy);
}

TEST(RuntimeClient, TellsARefusalFromABrokenEnvironment) {
  const auto posted = [](int status) {
    ScriptedTransport transport([=](const auto&) { return aws::reply(status, "{}"); });
    return RuntimeClient(transport, "127.0.0.1:9001").respond("r-1", "{}");
  };
  EXPECT_EQ(posted(202), Posted::accepted);
  EXPECT_EQ(posted(400), Posted::refused);
  EXPECT_EQ(posted(403), Posted::refused);
  EXPECT_EQ(posted(413), Posted::refused);
  EXPECT_EQ(posted(500), Posted::broken);
}

TEST(RuntimeClient, ASecondResponseThatIsRefusedMeansTheFirstGotThrough) {
  int asked = 0;
  ScriptedTransport transport(
      [&](const auto&) { return ++asked == 1 ? aws::no_answer() : aws::reply(403, "{}"); });
  EXPECT_EQ(RuntimeClient(transport, "127.0.0.1:9001").respond("r-1", "{}"), Posted::accepted);
}

// Serves what `transport` has, with a handler that answers or throws.
Error serve_with(ScriptedTransport& transport, const Handler& handler, std::string& logged) {
  const SystemClock clock;
  Log log([&](std::string_view line) { logged += line; }, LogLevel::info, clock);
  RuntimeClient client(transport, "127.0.0.1:9001");
  return serve(client, handler, log);
}

TEST(RuntimeLoop, EndsWhenTheEnvironmentIsBroken) {
  ScriptedTransport transport([](const net::HttpRequest& request) {
    return request.method == "GET" ? an_invocation() : aws::reply(500, "{}");
  });
  std::string logged;
  const Error ended = serve_with(
      transport, [](const auto&) { return Answer("{}"); }, logged);
  EXPECT_NE(ended.message.find("broken"), std::string::npos);
  EXPECT_EQ(transport.requests.size(), 2U);
}

TEST(RuntimeLoop, WhatAHandlerThrowsIsAnErrorOfTheInvocationAlone) {
  int invocations = 0;
  ScriptedTransport transport([&](const net::HttpRequest& request) {
    if (request.method == "POST") return aws::reply(202, "{}");
    return ++invocations <= 2 ? an_invocation() : aws::reply(500, "{}");
  });
  std::string logged;
  (void)serve_with(
      transport, [](const Invocation&) -> Answer { throw std::runtime_error("boom"); }, logged);
  EXPECT_EQ(invocations, 3);
  EXPECT_NE(transport.requests.at(1).body.find("boom"), std::string::npos);
  EXPECT_TRUE(transport.requests.at(1).url.ends_with("/error"));
  EXPECT_NE(logged.find("\"request_id\":\"r-1\""), std::string::npos);
}

TEST(RuntimeLoop, SetsTheTraceIdOfEachInvocation) {
  int invocations = 0;
  ScriptedTransport transport([&](const net::HttpRequest& request) {
    if (request.method == "POST") return aws::reply(202, "{}");
    return ++invocations == 1 ? an_invocation() : aws::reply(500, "{}");
  });
  std::string logged;
  std::string seen;
  (void)serve_with(
      transport,
      [&](const Invocation&) {
        seen = std::getenv("_X_AMZN_TRACE_ID");
        return Answer("{}");
      },
      logged);
  EXPECT_EQ(seen, "Root=1-2");
}

}  // namespace
}  // namespace keyturn::lambda
