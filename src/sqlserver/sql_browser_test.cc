#include "sqlserver/sql_browser.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "sqlserver/loopback_for_tests.h"

namespace keyturn::sqlserver {
namespace {

using namespace std::chrono_literals;

std::string reply_of(const std::string& text) {
  std::string datagram = "\x05";
  datagram += static_cast<char>(text.size() & 0xFFU);
  datagram += static_cast<char>(text.size() >> 8U);
  return datagram + text;
}

constexpr const char* kPayroll =
    "ServerName;SQL01;InstanceName;PAYROLL;IsClustered;No;Version;16.0.1000.6;tcp;49712;np;"
    "\\\\SQL01\\pipe\\x;;";
constexpr const char* kNoTcp = "ServerName;SQL01;InstanceName;LOCAL;IsClustered;Yes;Version;17.0.1000.7;;";

TEST(SqlBrowser, ReadsAListOfInstances) {
  const auto instances = parse_browser_reply(reply_of(std::string(kPayroll) + kNoTcp));
  ASSERT_TRUE(instances);
  ASSERT_EQ(instances->size(), 2U);
  EXPECT_EQ((*instances)[0].instance, "PAYROLL");
  EXPECT_EQ((*instances)[0].port, 49712);
  EXPECT_EQ((*instances)[0].version, "16.0.1000.6");
  EXPECT_FALSE((*instances)[0].is_clustered);
  EXPECT_EQ((*instances)[1].port, 0);
  EXPECT_TRUE((*instances)[1].is_clustered);
}

TEST(SqlBrowser, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(parse_browser_reply(""));
  EXPECT_FALSE(parse_browser_reply("HTTP/1.1 400"));
  EXPECT_FALSE(parse_browser_reply(std::string("\x05\xFF\xFFshort")));
}

RC_GTEST_PROP(SqlBrowser, AnyDatagramIsSurvived, (const std::string& bytes)) {
  (void)parse_browser_reply(bytes);
  const auto parsed = parse_browser_reply(reply_of(bytes));
  RC_ASSERT(parsed.has_value());
}

// A SQL Browser: silent about instances that it doesn't know.
UdpResponder browser_that_knows_payroll() {
  return UdpResponder([](const std::string& question) -> std::string {
    if (question == std::string("\x04PAYROLL\0", 9) || question == "\x03") return reply_of(kPayroll);
    return "";
  });
}

TEST(SqlBrowser, FindsAnInstancesPort) {
  UdpResponder browser = browser_that_knows_payroll();
  const auto port = browse_instance_port("127.0.0.1", browser.port(), "PAYROLL", 3s);
  ASSERT_TRUE(port) << port.error().sentence();
  EXPECT_EQ(*port, 49712);
}

TEST(SqlBrowser, AnUnknownInstanceIsAnsweredWithThoseThatExist) {
  UdpResponder browser = browser_that_knows_payroll();
  const auto port = browse_instance_port("127.0.0.1", browser.port(), "PAYROL", 300ms);
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().kind, ErrorKind::not_found);
  EXPECT_NE(port.error().hint.find("PAYROLL"), std::string::npos);
}

TEST(SqlBrowser, ALostDatagramIsAskedForAgain) {
  int asked = 0;
  UdpResponder browser([&](const std::string&) { return ++asked < 2 ? "" : reply_of(kPayroll); });
  EXPECT_EQ(browse_instance_port("127.0.0.1", browser.port(), "payroll", 3s).value_or(0), 49712);
}

TEST(SqlBrowser, SilenceEndsInTime) {
  UdpResponder silent([](const std::string&) { return ""; });
  const auto start = std::chrono::steady_clock::now();
  const auto port = browse_instance_port("127.0.0.1", silent.port(), "PAYROLL", 300ms);
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().kind, ErrorKind::timed_out);
  EXPECT_FALSE(port.error().hint.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
}

TEST(SqlBrowser, GarbageIsNotTakenForAnAnswer) {
  UdpResponder garbage([](const std::string&) { return "hello"; });
  EXPECT_FALSE(browse_instance_port("127.0.0.1", garbage.port(), "PAYROLL", 300ms));
}

TEST(SqlBrowser, AnInstanceWithoutTcpSaysWhatToEnable) {
  UdpResponder browser([](const std::string&) { return reply_of(kNoTcp); });
  const auto port = browse_instance_port("127.0.0.1", browser.port(), "LOCAL", 1s);
  ASSERT_FALSE(port);
  EXPECT_NE(port.error().hint.find("TCP/IP"), std::string::npos);
}

TEST(SqlBrowser, AHostThatDoesNotExistIsNamed) {
  const auto port = browse_instance_port("no-such-host.invalid", 1434, "X", 300ms);
  ASSERT_FALSE(port);
  EXPECT_NE(port.error().message.find("no-such-host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace keyturn::sqlserver
