#include "net/system_transport.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "net/test_requests.h"
#include "net/test_server.h"

namespace keyturn::net {
namespace {

using std::chrono::milliseconds;

TEST(SystemTransport, SendsWhatItIsGivenAndNothingMore) {
  TestServer server([](Connection& connection) { connection.serve_one(kHello); });
  const auto transport = system_transport({});
  HttpRequest request = post(server.url("/a/../b%20c?x=1"), std::string("a\0b", 3));
  request.headers = {{"X-Amz-Date", "20150830T123600Z"}, {"X-Empty", ""}};
  const auto response = transport->send(request);
  ASSERT_TRUE(response) << response.error().sentence();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("x-test"), "a b");
  const std::string seen = server.received();
  EXPECT_EQ(seen.find("POST /a/../b%20c?x=1 HTTP/1.1\r\n"), 0U) << seen;
  EXPECT_NE(seen.find("X-Amz-Date: 20150830T123600Z\r\n"), std::string::npos);
  EXPECT_TRUE(seen.find("X-Empty:\r\n") != std::string::npos ||
              seen.find("X-Empty: \r\n") != std::string::npos)
      << seen;
  EXPECT_NE(seen.find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_NE(seen.find("User-Agent: keyturn\r\n"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Expect"), std::string::npos);
  EXPECT_EQ(seen.find("Content-Type"), std::string::npos);
  EXPECT_NE(seen.find(std::string("\r\n\r\na\0b", 7)), std::string::npos);
}

TEST(SystemTransport, AnyStatusIsAnAnswerAndRedirectsAreNotFollowed) {
  for (const int status : {301, 404, 500}) {
    TestServer server([&](Connection& connection) {
      connection.serve_one("HTTP/1.1 " + std::to_string(status) +
                           " X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    });
    const auto response = system_transport({})->send(get(server.url("/")));
    ASSERT_TRUE(response) << response.error().sentence();
    EXPECT_EQ(response->status, status);
  }
}

TEST(SystemTransport, HeadAndPutAndDelete) {
  for (const std::string method : {"HEAD", "PUT", "DELETE"}) {
    TestServer server([](Connection& connection) {
      connection.serve_one("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"x\"\r\n\r\n");
    });
    HttpRequest request = get(server.url("/k"));
    request.method = method;
    if (method == "PUT") request.body = "part";
    const auto response = system_transport({})->send(request);
    ASSERT_TRUE(response) << response.error().sentence();
    EXPECT_EQ(response->header("etag"), "\"x\"");
    EXPECT_EQ(server.received().find(method + " /k HTTP/1.1"), 0U);
  }
}

TEST(SystemTransport, ARefusedConnectionHasNoEffect) {
  int port = 0;
  {
    port = TestServer([](Connection&) {}).port();
  }  // free again
  const auto response =
      system_transport({})->send(post("http://127.0.0.1:" + std::to_string(port) + "/", "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(response.error().effect, Effect::none);
  EXPECT_NE(response.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
}

TEST(SystemTransport, AnUnknownNameHasNoEffect) {
  HttpRequest request = post("https://nowhere.invalid/", "x");
  request.use_proxy = false;
  const auto response = system_transport({})->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(response.error().effect, Effect::none);
}

TEST(SystemTransport, SilenceAfterTheRequestIsATimeoutOfUnknownEffect) {
  TestServer server([](Connection& connection) { connection.wait_for_close(); });
  HttpRequest request = post(server.url("/"), "x");
  request.timeout = milliseconds{200};
  const auto began = std::chrono::steady_clock::now();
  const auto response = system_transport({})->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::timed_out);
  EXPECT_EQ(response.error().effect, Effect::unknown);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

// Each byte comes in time; all of them never do.
TEST(SystemTransport, AServerThatDripsIsNotWaitedForLongerThanTheLimit) {
  for (const std::string& head :
       {std::string(), std::string("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nX-Long: ")}) {
    TestServer server([&](Connection& connection) {
      connection.read_request();
      connection.write(head);
      while (connection.write("x")) std::this_thread::sleep_for(milliseconds{50});
    });
    HttpRequest request = post(server.url("/"), "x");
    request.timeout = milliseconds{600};
    const auto began = std::chrono::steady_clock::now();
    const auto response = system_transport({})->send(request);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().effect, Effect::unknown);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
  }
}

TEST(SystemTransport, AReplyThatIsCutIsOfUnknownEffect) {
  for (const std::string& reply : {std::string{}, std::string("HTTP/1.1 200 OK\r\nConte"),
                                   std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel")}) {
    TestServer server([&](Connection& connection) { connection.serve_one(reply); });
    const auto response = system_transport({})->send(post(server.url("/"), "x"));
    ASSERT_FALSE(response) << reply;
    EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(response.error().effect, Effect::unknown);
  }
}

TEST(SystemTransport, RefusesAnEndlessReply) {
  TestServer server([](Connection& connection) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.write(std::string(1U << 20U, 'x'))) {
    }
  });
  const auto response = system_transport({})->send(post(server.url("/"), "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::invalid_reply);
  EXPECT_EQ(response.error().effect, Effect::unknown);
}

// Answers the first request of a connection, and closes on the second without an answer.
void answer_once_then_close(Connection& connection) {
  connection.serve_one(kHello);
  connection.read_request();
}

TEST(SystemTransport, ARequestThatIsNotRepeatableIsNeverSentTwice) {
  TestServer server(answer_once_then_close);
  const auto transport = system_transport({});
  ASSERT_TRUE(transport->send(get(server.url("/warm-up"))));
  // A kept connection is there, and would be closed without an answer: a connection of its own has to be
  // used.
  ASSERT_TRUE(transport->send(post(server.url("/create"), "x")));
  EXPECT_EQ(server.requests("POST /create"), 1);
  EXPECT_EQ(server.connections(), 2);
}

TEST(SystemTransport, ALostReplyIsNotRepeatedBehindTheCallersBack) {
  TestServer server([](Connection& connection) { connection.read_request(); });
  const auto transport = system_transport({});
  const auto response = transport->send(post(server.url("/create"), "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().effect, Effect::unknown);
  EXPECT_EQ(server.requests("POST /create"), 1);
}

TEST(SystemTransport, IsThreadSafe) {
  TestServer server([](Connection& connection) { connection.serve_one(kHello); });
  const auto transport = system_transport({});
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n)
        if (transport->send(post(server.url("/"), "x"))) ++good;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 80);
}

TEST(SystemTransport, AFailedTlsHandshakeHasNoEffect) {
  TestServer server(
      [](Connection& connection) { connection.write("this is not TLS at all, sorry\r\n\r\n"); });
  const auto response =
      system_transport({})->send(post("https://127.0.0.1:" + std::to_string(server.port()) + "/", "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(response.error().effect, Effect::none);
}

}  // namespace
}  // namespace keyturn::net
