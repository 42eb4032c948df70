#include "host/linux/listeners.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace keyturn::host {
namespace {

constexpr unsigned kMssql = 10001;
constexpr unsigned kSomebody = 1000;

// As Linux prints them on a little-endian machine.
constexpr const char* kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:0599 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001        0 1 1 0 100 0\n"
    "   1: 00000000:059A 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 100 0\n"
    "   2: 0100007F:059B 0100007F:0599 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 100 "
    "0\n";
constexpr const char* kTcp6 =
    "  sl  local_address                         remote_address                        st tx_queue\n"
    "   0: 00000000000000000000000000000000:0599 00000000000000000000000000000000:0000 0A 0:0 00:0 0 10001 0 "
    "4 1\n"
    "   1: 00000000000000000000000001000000:059C 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 5 "
    "1\n"
    "   2: 0000000000000000FFFF00000100007F:059D 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 6 "
    "1\n";

TEST(Listeners, AreReadOffBothTables) {
  const auto four = parse_listeners(kTcp);
  ASSERT_EQ(four.size(), 2U);  // a connection is no listener
  EXPECT_EQ(four[0].address, "127.0.0.1");
  EXPECT_EQ(four[0].port, 1433);
  EXPECT_EQ(four[0].user, kMssql);
  EXPECT_EQ(four[1].address, "0.0.0.0");
  const auto six = parse_listeners(kTcp6);
  ASSERT_EQ(six.size(), 3U);
  EXPECT_EQ(six[0].address, "::");
  EXPECT_EQ(six[1].address, "::1");
  EXPECT_EQ(six[2].address, "127.0.0.1");
  EXPECT_EQ(six[2].port, 1437);
}

ErrorKind kind_of(const std::vector<Listener>& listeners, const std::string& address = "127.0.0.1") {
  const auto checked = check_listeners(listeners, address, 1433, {0, kMssql});
  return checked ? ErrorKind::usage : checked.error().kind;  // usage stands for: fine
}

TEST(Listeners, OnlySqlServersOwnMayHaveTheLogin) {
  EXPECT_EQ(kind_of({}), ErrorKind::unavailable);
  EXPECT_EQ(kind_of({{"127.0.0.1", 1434, kMssql}}), ErrorKind::unavailable);
  EXPECT_EQ(kind_of({{"10.0.0.5", 1433, kMssql}}), ErrorKind::unavailable);
  EXPECT_EQ(kind_of({{"127.0.0.1", 1433, kMssql}}), ErrorKind::usage);
  EXPECT_EQ(kind_of({{"0.0.0.0", 1433, kMssql}, {"::", 1433, kMssql}}), ErrorKind::usage);
  EXPECT_EQ(kind_of({{"::", 1433, 0}}), ErrorKind::usage);
  EXPECT_EQ(kind_of({{"127.0.0.1", 1433, kSomebody}}), ErrorKind::denied);
  EXPECT_EQ(kind_of({{"0.0.0.0", 1433, kMssql}, {"127.0.0.1", 1433, kSomebody}}), ErrorKind::denied);
  EXPECT_EQ(kind_of({{"127.0.0.1", 1433, kMssql}, {"::", 1433, kSomebody}}), ErrorKind::denied);
  EXPECT_EQ(kind_of({{"127.0.0.1", 1433, kMssql}, {"10.0.0.5", 1433, kSomebody}}), ErrorKind::usage);
}

TEST(Listeners, OfThisMachineAreFound) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(socket, 1), 0);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  const std::uint16_t port = ntohs(address.sin_port);
  EXPECT_TRUE(check_listeners(read_listeners(), "127.0.0.1", port, trusted_users()));
  EXPECT_FALSE(check_listeners(read_listeners(), "127.0.0.1", port, {geteuid() + 1}));
  close(socket);
  EXPECT_FALSE(check_listeners(read_listeners(), "127.0.0.1", port, trusted_users()));
}

RC_GTEST_PROP(Listeners, NoTextIsTooDamaged, (const std::string& text)) {
  (void)parse_listeners(text);
  (void)parse_listeners("   0: " + text + " 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1");
}

}  // namespace
}  // namespace keyturn::host
