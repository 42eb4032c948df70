#include <gtest/gtest.h>

#include "setup/config.h"

namespace keyturn::setup {
namespace {

TEST(HostConfig, EverySettingIsRead) {
  const auto config = parse_config(
      "[host]\nservice = 'mssql-server@2'\nstart_patience = '5s'\ntime_limit = '90s'\n"
      "check_listener = false\n"
      "[[host.instance]]\ninstance = 'MSSQLSERVER'\nname = 'payroll'\n"
      "[[host.instance]]\ninstance = 'OLD'\nleave_out = true\n"
      "[[host.instance]]\nname = 'crm'\naddress = '10.0.0.5'\nport = 14330\n",
      "keyturn.toml");
  ASSERT_TRUE(config) << config.error().sentence();
  const HostSettings& host = config->host;
  EXPECT_EQ(host.service, "mssql-server@2");
  EXPECT_EQ(host.start_patience, std::chrono::seconds{5});
  EXPECT_EQ(host.time_limit, std::chrono::seconds{90});
  EXPECT_FALSE(host.check_listener);
  ASSERT_EQ(host.instances.size(), 3U);
  EXPECT_EQ(host.instances[0].name, "payroll");
  EXPECT_TRUE(host.instances[1].leave_out);
  EXPECT_EQ(host.instances[2].instance, "");
  EXPECT_EQ(host.instances[2].address, "10.0.0.5");
  EXPECT_EQ(host.instances[2].port, 14330);
}

TEST(HostConfig, NothingGivenIsOneServerOfTheUsualName) {
  const auto config = parse_config("", "");
  EXPECT_EQ(config->host.service, "mssql-server");
  EXPECT_TRUE(config->host.check_listener);
  EXPECT_TRUE(config->host.instances.empty());
}

TEST(HostConfig, WrongSettingsAreTold) {
  for (const char* text :
       {"service = '--user'", "service = 'a b'", "time_limit = '1s'", "start_patience = '1h'",
        "check_listener = 'no'", "[[host.instance]]\nname = 'x'", "[[host.instance]]\nport = 1",
        "[[host.instance]]\ninstance = 'a b'", "[[host.instance]]\ninstance = 'x'\nport = 0",
        "[[host.instance]]\ninstance = 'x'\naddress = 'a;b'",
        "[[host.instance]]\nname = 'x'\nport = 1\nleave_out = true",
        "[[host.instance]]\ninstance = 'x'\npassword = 'hidden'"}) {
    const auto config = parse_config(std::string("[host]\n") + text, "keyturn.toml");
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().kind, ErrorKind::usage);
    EXPECT_NE(config.error().message.find("setting \"host."), std::string::npos) << config.error().message;
    EXPECT_EQ(config.error().message.find("hidden"), std::string::npos);
  }
}

}  // namespace
}  // namespace keyturn::setup
