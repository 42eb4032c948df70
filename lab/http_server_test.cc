#include "lab/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "net/system_transport.h"

namespace keyturn::lab {
namespace {

sim::Exchange echo(const IncomingRequest& request, const StopFlag& /*stop*/) {
  sim::Exchange exchange;
  exchange.response = {200, {}, request.method + " " + request.target + " " + request.body};
  if (request.target == "/lost") exchange.ending = sim::Ending::reply_lost;
  if (request.target == "/cut") exchange.ending = sim::Ending::cut;
  if (request.target == "/hang") exchange.ending = sim::Ending::hang;
  return exchange;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() : port_(server_.start(0).value()) {}
  Result<net::HttpResponse> send(const std::string& target, const std::string& body = {}) {
    net::HttpRequest request;
    request.method = body.empty() ? "GET" : "PUT";
    request.url = "http://127.0.0.1:" + std::to_string(port_) + target;
    request.body = body;
    request.timeout = Duration(500);
    return transport_->send(std::move(request));
  }

  HttpServer server_{echo, std::nullopt};
  const std::unique_ptr<net::HttpTransport> transport_ = net::system_transport({});
  const std::uint16_t port_;
};

TEST_F(HttpServerTest, AnswersOneRequestAfterTheOther) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send("/a?b=%20c").value().body, "GET /a?b=%20c ");
  const std::string large(3U << 20U, 'x');
  EXPECT_EQ(send("/k", large).value().body, "PUT /k " + large);
}

TEST_F(HttpServerTest, LosesCutsAndWithholdsReplies) {
  for (const char* target : {"/lost", "/cut"}) {
    const auto reply = send(target);
    ASSERT_FALSE(reply) << target;
    EXPECT_EQ(reply.error().effect, Effect::unknown) << target;
  }
  const auto hung = send("/hang");
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().kind, ErrorKind::timed_out);
  EXPECT_TRUE(send("/fine"));
}

TEST_F(HttpServerTest, ClosesAConnectionThatIsNotToBeKept) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const timeval limit{5, 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string request = "GET /old HTTP/1.0\r\n\r\n";
  ASSERT_EQ(::send(client, request.data(), request.size(), 0), ssize_t(request.size()));
  std::array<char, 1024> reply{};
  EXPECT_GT(recv(client, reply.data(), reply.size(), 0), 0);
  EXPECT_EQ(recv(client, reply.data(), reply.size(), 0), 0) << "neither closed nor within the limit";
  close(client);
}

TEST_F(HttpServerTest, ConnectionsThatHaveEndedAreForgotten) {
  const auto open_files = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = open_files();
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(send("/"));
  EXPECT_LT(open_files(), before + 30);
}

TEST_F(HttpServerTest, EndsWhileAConnectionHangs) {
  std::thread client([&] { (void)send("/hang"); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const auto before = std::chrono::steady_clock::now();
  server_.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(400));
  client.join();
}

}  // namespace
}  // namespace keyturn::lab
