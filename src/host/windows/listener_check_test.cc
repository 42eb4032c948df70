#include "host/windows/listener_check.h"

#include <gtest/gtest.h>

namespace keyturn::host {
namespace {

const Expected kService{"the service MSSQLSERVER", {1234}};

std::string verdict(const std::vector<TcpListener>& listeners, const std::vector<std::string>& addresses,
                    const Expected& expected = kService) {
  const auto checked = check_tcp_owner(listeners, addresses, 1433, expected);
  return checked ? "ok" : to_string(checked.error().kind);
}

TEST(WindowsListener, MustBeTheServicesOwn) {
  EXPECT_EQ(verdict({{"0.0.0.0", 1433, 1234}, {"::", 1433, 1234}}, {"127.0.0.1"}), "ok");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 1234}}, {"127.0.0.1"}), "ok");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 77}}, {"127.0.0.1"}), "denied");
  EXPECT_EQ(verdict({}, {"127.0.0.1"}), "unavailable");
  EXPECT_EQ(verdict({{"10.0.0.5", 1433, 1234}, {"127.0.0.1", 1434, 1234}}, {"127.0.0.1"}), "unavailable");
  EXPECT_EQ(verdict({{"FE80::5", 1433, 1234}}, {"fe80::5%12"}), "ok");
  EXPECT_EQ(verdict({{"0.0.0.0", 1433, 1234}}, {"::1"}), "unavailable");
}

TEST(WindowsListener, NobodyElseMayBeReachedThere) {
  // The narrower listener gets the connection; one for IPv6 may take IPv4.
  EXPECT_EQ(verdict({{"0.0.0.0", 1433, 1234}, {"127.0.0.1", 1433, 77}}, {"127.0.0.1"}), "denied");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 1234}, {"::", 1433, 77}}, {"127.0.0.1"}), "denied");
  EXPECT_EQ(verdict({{"0.0.0.0", 1433, 1234}, {"::ffff:127.0.0.1", 1433, 77}}, {"127.0.0.1"}), "denied");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 1234}, {"10.0.0.5", 1433, 77}}, {"127.0.0.1"}), "ok");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 1234}, {"10.0.0.5", 1433, 77}}, {"127.0.0.1", "10.0.0.5"}),
            "denied");
}

TEST(WindowsListener, WhoIsNotToldIsNobodyToTrust) {
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 0}}, {"127.0.0.1"}), "denied");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 0}}, {"127.0.0.1"}, {"the service X", {0}}), "denied");
  EXPECT_EQ(verdict({{"127.0.0.1", 1433, 1234}}, {"127.0.0.1"}, {"the service X", {}}),
            "denied");  // it does not run
  const auto checked = check_tcp_owner({{"127.0.0.1", 1433, 0}}, {"127.0.0.1"}, 1433, kService);
  EXPECT_NE(checked.error().hint.find("check_listener"), std::string::npos);
}

TEST(WindowsListener, APipesServerMustBeTheService) {
  EXPECT_TRUE(check_pipe_owner(R"(\\.\pipe\sql\query)", 1234, kService));
  EXPECT_FALSE(check_pipe_owner(R"(\\.\pipe\sql\query)", 77, kService));
  EXPECT_FALSE(check_pipe_owner(R"(\\.\pipe\sql\query)", 0, kService));
}

}  // namespace
}  // namespace keyturn::host
