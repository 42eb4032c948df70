#include "lab/http_message.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace keyturn::lab {
namespace {

// A connection with a client that sends `bytes` and nothing more.
class HttpMessageTest : public testing::Test {
 protected:
  std::optional<IncomingRequest> received(const std::string& bytes) {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    const int client = ends[1];
    std::thread sender([&] {
      std::size_t done = 0;
      while (done < bytes.size()) {
        const ssize_t sent = send(client, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
        if (sent <= 0) break;
        done += std::size_t(sent);
      }
      shutdown(client, SHUT_WR);
    });
    std::optional<IncomingRequest> request;
    {
      ByteStream stream(ends[0], nullptr);
      RequestReader reader(stream);
      request = reader.next();
    }
    sender.join();
    std::array<char, 256> chunk{};
    answered_.clear();
    for (ssize_t got = 0; (got = recv(client, chunk.data(), chunk.size(), 0)) > 0;)
      answered_.append(chunk.data(), std::size_t(got));
    close(client);
    return request;
  }

  std::string answered_;
};

TEST_F(HttpMessageTest, ABodyHasALengthOrChunks) {
  const auto plain = received("PUT /k?x=%20 HTTP/1.1\r\nX-Empty:\r\nContent-Length: 5\r\n\r\nhelloGET");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->method + plain->target + plain->body, "PUT/k?x=%20hello");
  EXPECT_TRUE(plain->keep_alive);
  const auto chunked = received(
      "PUT / HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n"
      "5;chunk-signature=x\r\nhello\r\nA\r\n, for ever\r\n0\r\nx-amz-checksum-crc32: y\r\n\r\n");
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->body, "hello, for ever");
  EXPECT_EQ(answered_, "");
}

TEST_F(HttpMessageTest, AClientThatWaitsIsToldToContinue) {
  const auto request = received("PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
  ASSERT_TRUE(request);
  EXPECT_EQ(answered_, "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(HttpMessageTest, AConnectionIsClosedWhereTheClientSaysSo) {
  EXPECT_FALSE(received("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n")->keep_alive);
  EXPECT_FALSE(received("GET / HTTP/1.0\r\n\r\n")->keep_alive);
}

TEST_F(HttpMessageTest, WhatIsNoRequestOrTooLongIsNone) {
  const std::string put = "PUT / HTTP/1.1\r\n";
  std::string headers;
  for (int i = 0; i < 300; ++i) headers += "X-" + std::to_string(i) + ": y\r\n";
  for (const std::string& bytes :
       {std::string(), std::string("GET /\r\n\r\n"), std::string("GET / HTTP/2\r\n\r\n"),
        put + "no colon\r\n\r\n", put + headers + "\r\n",
        "GET /" + std::string(1U << 20U, 'x') + " HTTP/1.1\r\n\r\n",
        put + "Content-Length: five\r\n\r\nhello", put + "Content-Length: 9\r\n\r\nhello",
        put + "Content-Length: 67108865\r\n\r\n" + std::string((64U << 20U) + 1, 'x'),
        put + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
        put + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        put + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"})
    EXPECT_FALSE(received(bytes)) << bytes.substr(0, 200);
}

TEST(HttpMessage, AResponseSaysItsLengthAndItsEnd) {
  const net::HttpResponse response{200, {{"ETag", "\"x\""}}, "hello"};
  EXPECT_EQ(to_bytes(response, /*head=*/false, /*keep_alive=*/true),
            "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(to_bytes(response, /*head=*/true, /*keep_alive=*/false),
            "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(to_bytes({204, {}, ""}, false, true), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(to_bytes({200, {{"content-length", "9"}}, ""}, true, true),
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n");
}

}  // namespace
}  // namespace keyturn::lab
