// What libcurl alone does, and TLS by a server of OpenSSL's. (For Windows, tests/windows/test_net.py has the
// server.)
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "net/system_transport.h"
#include "net/test_requests.h"
#include "net/test_tls_linux.h"

namespace keyturn::net {
namespace {

// As the program does: a test server whose client has gone must not end the tests.
const auto kFormerHandler = std::signal(SIGPIPE, SIG_IGN);

TEST(CurlTransport, KeptConnectionsAreReusedAndAStaleOneIsReplaced) {
  TestServer server([](Connection& connection) {
    connection.serve_one(kHello);
    connection.serve_one(kHello);
  });
  const auto transport = system_transport({});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(transport->send(get(server.url("/"))));
  EXPECT_EQ(server.connections(), 2);
}

// Wine's WinHTTP takes it for a whole one.
TEST(CurlTransport, AChunkThatIsCutIsOfUnknownEffect) {
  TestServer server([&](Connection& connection) {
    connection.serve_one("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  });
  const auto response = system_transport({})->send(post(server.url("/"), "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(response.error().effect, Effect::unknown);
}

TEST(CurlTransport, OfSeveralHeadsTheLastCounts) {
  TestServer server([](Connection& connection) {
    connection.serve_one("HTTP/1.1 100 Continue\r\nX-Test: early\r\n\r\n" + kHello);
  });
  const auto response = system_transport({})->send(post(server.url("/"), "x"));
  ASSERT_TRUE(response) << response.error().sentence();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("x-test"), "a b");
}

// The limit of a connection counts TLS, and no byte of the request is out yet.
TEST(CurlTransport, AHandshakeThatIsNotAnsweredIsGivenUpInTimeForAConnection) {
  TestServer server([](Connection& connection) { connection.wait_for_close(); });
  HttpRequest request = post("https://127.0.0.1:" + std::to_string(server.port()) + "/", "x");
  request.connect_timeout = std::chrono::milliseconds{200};
  const auto began = std::chrono::steady_clock::now();
  const auto response = system_transport({})->send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().effect, Effect::none);
  EXPECT_NE(response.error().message.find("came about in time"), std::string::npos)
      << response.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{5});
}

// A variable of this process, for the time of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* former = std::getenv(name)) former_ = former;
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { former_ ? setenv(name_, former_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> former_;
};

TEST(CurlTransport, TheEnvironmentsProxyIsForOtherMachinesAndWhereOneMayBeUsed) {
  TestServer proxy([](Connection& connection) { connection.serve_one(kHello); });
  TestServer here([](Connection& connection) { connection.serve_one(kHello); });
  const Variable with("http_proxy", proxy.url("")), without("no_proxy", "");
  const auto transport = system_transport({});
  ASSERT_TRUE(transport->send(get("http://nowhere.invalid/far")));
  EXPECT_EQ(proxy.requests("GET http://nowhere.invalid/far "), 1);
  ASSERT_TRUE(transport->send(get(here.url("/near"))));
  HttpRequest direct = get("http://nowhere.invalid/");
  direct.use_proxy = false;
  EXPECT_FALSE(transport->send(direct));
  EXPECT_EQ(proxy.requests(""), 1);
}

TEST(CurlTransport, TrustsOnlyItsOwnAuthority) {
  const TestCertificate certificate("localhost");
  TestServer server([](Connection& connection) { connection.serve_one(kHello); }, tls_with(certificate));
  const std::string url = "https://localhost:" + std::to_string(server.port()) + "/";

  const auto trusted = system_transport({certificate.pem_file(), "keyturn"})->send(get(url));
  ASSERT_TRUE(trusted) << trusted.error().sentence();
  EXPECT_EQ(trusted->body, "hello");

  const auto stranger = system_transport({})->send(post(url, "x"));
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(stranger.error().effect, Effect::none);
  EXPECT_NE(stranger.error().message.find("certificate"), std::string::npos);
  EXPECT_NE(stranger.error().hint.find("AWS_CA_BUNDLE"), std::string::npos);
  EXPECT_EQ(server.requests("POST"), 0);
}

TEST(CurlTransport, RefusesACertificateForAnotherHost) {
  const TestCertificate certificate("other.example");
  TestServer server([](Connection& connection) { connection.serve_one(kHello); }, tls_with(certificate));
  const auto response = system_transport({certificate.pem_file(), "keyturn"})
                            ->send(post("https://localhost:" + std::to_string(server.port()) + "/", "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().effect, Effect::none);
  EXPECT_EQ(server.requests("POST"), 0);
}

}  // namespace
}  // namespace keyturn::net
