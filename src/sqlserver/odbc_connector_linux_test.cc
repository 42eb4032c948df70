// The real driver against sockets that are no SQL Server. Against a SQL Server: tests/sqlserver_lab.
#include "sqlserver/odbc_connector.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "sqlserver/loopback_for_tests.h"

namespace keyturn::sqlserver {
namespace {

using namespace std::chrono_literals;

const SqlLogin kLogin{"keyturn", SecretString("hush-hush-pass")};

std::unique_ptr<OdbcConnector> open_freetds() {
  auto connector = OdbcConnector::open({});
  EXPECT_TRUE(connector) << connector.error().sentence();
  return *std::move(connector);
}

Error connect_error(SqlConnector& connector, std::uint16_t port, Duration timeout) {
  auto session = connector.connect({"127.0.0.1", port, ""}, kLogin, timeout);
  EXPECT_FALSE(session);
  return session ? Error{} : session.error();
}

TEST(OdbcConnector, AServerThatAcceptsAndSaysNothingIsGivenUpInTime) {
  const auto connector = open_freetds();
  TcpStranger silent;
  const auto start = std::chrono::steady_clock::now();
  const Error error = connect_error(*connector, silent.port(), 2s);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(silent.accepted(), 1);
  EXPECT_EQ(error.kind, ErrorKind::timed_out) << error.sentence();
  EXPECT_EQ(error.effect, Effect::none);
  EXPECT_NE(error.message.find("127.0.0.1:"), std::string::npos);
}

TEST(OdbcConnector, SilentServersDoNotHoldUpOneAnother) {
  const auto connector = open_freetds();
  TcpStranger silent;
  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(
          [&] { EXPECT_EQ(connect_error(*connector, silent.port(), 2s).kind, ErrorKind::timed_out); });
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(OdbcConnector, AClosedPortIsNamedAsSuch) {
  const auto connector = open_freetds();
  std::uint16_t port = 0;
  {
    const TcpStranger gone;
    port = gone.port();
  }
  const Error error = connect_error(*connector, port, 2s);
  EXPECT_EQ(error.kind, ErrorKind::unavailable) << error.sentence();
  EXPECT_NE(error.message.find("no program takes connections"), std::string::npos) << error.message;
}

TEST(OdbcConnector, WhatIsNoSqlServerIsASentence) {
  const auto connector = open_freetds();
  for (const char* greeting : {"", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"}) {
    TcpStranger stranger(greeting, true);
    const Error error = connect_error(*connector, stranger.port(), 2s);
    EXPECT_TRUE(error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timed_out)
        << error.sentence();
    EXPECT_EQ(error.sentence().find("hush"), std::string::npos);
    EXPECT_FALSE(error.hint.empty()) << error.message;
  }
}

TEST(OdbcConnector, AHostThatDoesNotExistIsASentence) {
  const auto connector = open_freetds();
  auto session = connector->connect({"no-such-host.invalid", 1433, ""}, kLogin, 2s);
  ASSERT_FALSE(session);
  EXPECT_NE(session.error().message.find("no-such-host.invalid"), std::string::npos);
}

TEST(OdbcConnector, AnInstanceIsLookedUpAtSqlBrowser) {
  TcpStranger silent;
  UdpResponder browser([&](const std::string&) {
    const std::string text = "ServerName;H;InstanceName;PAYROLL;IsClustered;No;Version;16.0.1;tcp;" +
                             std::to_string(silent.port()) + ";;";
    return std::string("\x05") + static_cast<char>(text.size()) + '\0' + text;
  });
  OdbcSettings settings;
  settings.browser_port = browser.port();
  const auto connector = OdbcConnector::open(settings);
  ASSERT_TRUE(connector);
  EXPECT_FALSE((*connector)->connect({"127.0.0.1", 0, "PAYROLL"}, kLogin, 1s));
  EXPECT_EQ(silent.accepted(), 1);
}

TEST(OdbcConnector, ATraceThatWouldHoldSecretsIsRefused) {
  ::setenv("TDSDUMP", "/dev/null", 1);
  const auto refused = OdbcConnector::open({});
  ::unsetenv("TDSDUMP");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().message.find("TDSDUMP"), std::string::npos);
}

TEST(OdbcConnector, AMissingDriverIsAUsageError) {
  OdbcSettings settings;
  settings.driver = "ODBC Driver 99 for SQL Server";
  const auto refused = OdbcConnector::open(settings);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace keyturn::sqlserver
