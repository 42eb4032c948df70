#include "lab/lab_config.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keyturn::lab {
namespace {

std::string problem(const std::string& text) {
  const auto config = parse_lab_config(text, "lab.toml");
  return config ? "" : config.error().message;
}

TEST(LabConfig, TheDefaultFleetIsVaried) {
  const LabConfig config = default_lab_config();
  ASSERT_EQ(config.targets.size(), 12U);
  int able = 0;
  int down = 0;
  std::set<std::string> names;
  for (const LabTarget& target : config.targets) {
    EXPECT_TRUE(check(target)) << target.name;
    names.insert(target.name);
    able += target.can_back_up_to_s3() ? 1 : 0;
    down += target.running ? 0 : 1;
  }
  EXPECT_EQ(names.size(), 12U);
  EXPECT_EQ(able, 10);
  EXPECT_EQ(down, 1);
  EXPECT_EQ(config.bucket_url(), "s3://sql-backups-2022.s3.us-east-1.amazonaws.com/backups");
}

TEST(LabConfig, OneMachineOfTheDefaultFleetCanBeWindows) {
  const auto count = [](LabConfig config) {
    give_default_fleet_a_windows_host(config);
    return std::count_if(config.targets.begin(), config.targets.end(),
                         [](const LabTarget& target) { return target.platform == "windows"; });
  };
  EXPECT_EQ(count(default_lab_config()), 2);
  EXPECT_EQ(count(*parse_lab_config("[[target]]\nname = \"a\"\nmachine = \"SQL02\"\n", "lab.toml")), 0);
}

TEST(LabConfig, SettingsReplaceDefaults) {
  const auto config = parse_lab_config(R"(
[aws]
region = "eu-west-1"
usable_delay = "3s"
[backups]
running = false
[policy]
wave_percent = 50
grace = "20s"
[[target]]
name = "a"
instance = "X1"
credentials = []
encryption = "on"
tags = { SQL = "2025" }
)",
                                       "lab.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->region, "eu-west-1");
  EXPECT_EQ(config->iam.usable_delay, std::chrono::seconds(3));
  EXPECT_EQ(config->iam.list_delay, std::chrono::seconds(1));
  EXPECT_FALSE(config->backups);
  EXPECT_EQ(config->policy.at("wave_percent"), "50");
  EXPECT_TRUE(config->policy.at("grace").find("20s") != std::string::npos);
  EXPECT_EQ(config->policy.at("deadline"), "\"8s\"");
  ASSERT_EQ(config->targets.size(), 1U);
  EXPECT_EQ(config->targets[0].credentials, std::vector<std::string>{});
  EXPECT_EQ(config->targets[0].encryption, Encryption::on);
  EXPECT_EQ(config->targets[0].tags.at("SQL"), "2025");
}

TEST(LabConfig, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(problem("[aws]\nregio = \"x\"").substr(0, 46),
            "lab.toml:2: there is no setting \"aws.regio\"; a");
  EXPECT_EQ(problem("[aws]\nlist_delay = 3"),
            "lab.toml:2: setting \"aws.list_delay\" must be a duration such as \"2s\" or \"500ms\".");
  EXPECT_EQ(problem("[[target]]\nname = \"a\"\nport = 99999"),
            "lab.toml:3: setting \"target.port\" must be a whole number from 0 to 65535.");
  EXPECT_EQ(problem("[[target]]\nname = \"a b\""),
            "lab.toml:1: A target needs a name of letters, digits, '-', '_' and '.', 64 at the most.");
  EXPECT_EQ(problem("[[target]]\nname = \"a\"\n[[target]]\nname = \"a\""),
            "lab.toml: two targets are called a.");
  EXPECT_EQ(
      problem("[[target]]\nname = \"a\"\ninstance = \"X\"\n[[target]]\nname = \"b\"\ninstance = \"x\""),
      "lab.toml: the targets a and b have the same instance name, and one SQL Browser answers for all.");
  EXPECT_NE(problem("colour = 1").find("there is no setting \"colour\""), std::string::npos);
  EXPECT_EQ(problem("[aws\n").substr(0, 10), "lab.toml:1");
}

}  // namespace
}  // namespace keyturn::lab
