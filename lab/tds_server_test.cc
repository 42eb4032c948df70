// The listener itself: certificates, negotiation, damaged input, stopping. Real clients: tests/interop.
#include "lab/tds_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "lab/sql_browser.h"
#include "lab/target.h"
#include "lab/tds_channel.h"
#include "lab/tds_login.h"

namespace keyturn::lab {
namespace {

int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof address);
  const timeval patience{5, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket, &generic, sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

class TdsServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<Target> make_target(EncryptionPolicy encryption) {
    auto authority = CertificateAuthority::create("Test CA");
    auto certificate = authority->issue({});
    TargetSettings settings;
    settings.encryption = encryption;
    auto target = std::make_unique<Target>(settings, clock_, nullptr, faults_, calls_, *certificate);
    EXPECT_TRUE(target->start());
    return target;
  }
  // What the server answers to a PRELOGIN with that encryption; -1 where it hangs up.
  static int negotiate(std::uint16_t port, std::uint8_t encryption) {
    const int socket = connect_to(port);
    TdsChannel channel(socket);
    channel.write_message(kPreloginPacket, prelogin_reply("9.0.0.0", encryption, false));
    const auto reply = channel.read_message();
    if (!reply) return -1;
    const auto prelogin = parse_prelogin(reply->payload);
    return prelogin ? prelogin->encryption : -1;
  }

  SystemClock clock_;
  sim::FaultBoard faults_;
  sim::CallLog calls_;
};

TEST_F(TdsServerTest, NegotiatesEncryptionAsSqlServerDoes) {
  const auto off = make_target(EncryptionPolicy::off);
  EXPECT_EQ(negotiate(off->port(), kEncryptNotSupported), kEncryptNotSupported);
  EXPECT_EQ(negotiate(off->port(), kEncryptOff), kEncryptOff);
  EXPECT_EQ(negotiate(off->port(), kEncryptOn), kEncryptOn);
  const auto on = make_target(EncryptionPolicy::on);
  EXPECT_EQ(negotiate(on->port(), kEncryptNotSupported), kEncryptRequired);
  EXPECT_EQ(negotiate(on->port(), kEncryptOff), kEncryptRequired);
  EXPECT_EQ(negotiate(on->port(), kEncryptOn), kEncryptOn);
  const auto never = make_target(EncryptionPolicy::not_supported);
  EXPECT_EQ(negotiate(never->port(), kEncryptOn), kEncryptNotSupported);
}

TEST_F(TdsServerTest, RandomBytesEndTheConnectionAndNothingElse) {
  const auto target = make_target(EncryptionPolicy::off);
  std::mt19937 random(5);
  for (int i = 0; i < 200; ++i) {
    const int socket = connect_to(target->port());
    ASSERT_GE(socket, 0);
    std::string bytes;
    if (i % 2 == 0) bytes = std::string("\x12\x01\x00\x20\0\0\0\0", 8);
    for (auto n = random() % 200; n > 0; --n) bytes += static_cast<char>(random() % 256);
    ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::close(socket);
  }
  EXPECT_EQ(negotiate(target->port(), kEncryptOff), kEncryptOff);
}

TEST_F(TdsServerTest, StoppingCutsConnectionsAndKeepsPortAndData) {
  const auto target = make_target(EncryptionPolicy::off);
  const std::uint16_t port = target->port();
  const int socket = connect_to(port);
  ASSERT_GE(socket, 0);
  sim::CredentialTable table;
  ASSERT_FALSE(table.create("c", "i", std::nullopt, clock_.now()));
  target->server().set_credentials(table);
  target->stop();
  EXPECT_FALSE(target->running());
  char byte = 0;
  EXPECT_LE(::recv(socket, &byte, 1, 0), 0);
  ::close(socket);
  EXPECT_LT(connect_to(port), 0);
  ASSERT_TRUE(target->start());
  EXPECT_EQ(target->port(), port);
  EXPECT_EQ(target->server().credentials().rows().size(), 1u);
  EXPECT_EQ(negotiate(port, kEncryptOn), kEncryptOn);
}

TEST(SqlBrowserTest, AnswersAsMsSqlrSays) {
  SqlBrowser browser;
  browser.put({"HOST", "PAYROLL", true, "16.0.4085.2", 51433});
  browser.put({"HOST", "MSSQLSERVER", false, "16.0.4085.2", 1433});
  const std::string reply = browser.answer(std::string_view("\x04payroll\0", 9));
  const std::string text =
      "ServerName;HOST;InstanceName;PAYROLL;IsClustered;Yes;Version;16.0.4085.2;tcp;51433;;";
  EXPECT_EQ(reply, std::string("\x05") + static_cast<char>(text.size()) + '\0' + text);
  EXPECT_EQ(browser.answer(std::string_view("\x04other\0", 7)), "");
  EXPECT_NE(browser.answer("\x03").find("InstanceName;MSSQLSERVER"), std::string::npos);
  EXPECT_EQ(browser.answer(""), "");
}

TEST(SqlBrowserTest, ListensOnLoopback) {
  SqlBrowser browser;
  browser.put({"HOST", "PAYROLL", false, "16.0.4085.2", 51433});
  ASSERT_TRUE(browser.start(0));
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(browser.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof address);
  const timeval patience{5, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ASSERT_EQ(::sendto(socket, "\x04PAYROLL", 9, 0, &generic, sizeof generic), 9);
  char buffer[512];
  EXPECT_GT(::recv(socket, buffer, sizeof buffer, 0), 20);
  ::close(socket);
}

}  // namespace
}  // namespace keyturn::lab
