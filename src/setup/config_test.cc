#include "setup/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace keyturn::setup {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Config parsed(const std::string& text) {
  auto config = parse_config(text, "keyturn.toml");
  if (!config) ADD_FAILURE() << config.error().message;
  return config ? *config : Config{};
}

std::string refusal(const std::string& text) {
  const auto config = parse_config(text, "keyturn.toml");
  if (config) return "accepted";
  EXPECT_EQ(config.error().kind, ErrorKind::usage);
  return config.error().message;
}

TEST(Config, NothingGivenIsTheBlogsAccount) {
  const Config config = parsed("");
  ASSERT_EQ(config.rotations.size(), 1U);
  const RotationSettings& rotation = config.rotations[0];
  EXPECT_EQ(rotation.name, "default");
  EXPECT_EQ(rotation.iam_user_secret, "iamuser");
  EXPECT_EQ(rotation.credential_secret, "sqlcredential");
  EXPECT_EQ(rotation.bucket_url_secret, "bucketurl");
  EXPECT_EQ(rotation.sql_user_secret, "sqluser");
  EXPECT_EQ(rotation.sql_password_secret, "sqlpass");
  EXPECT_EQ(rotation.fleet.ec2_tags, (std::map<std::string, std::string>{{"SQL", "2022"}}));
  EXPECT_EQ(config.sql.driver, "");
  EXPECT_EQ(config.sql.authentication, SqlAuthentication::sql);
}

TEST(Config, EverySettingIsRead) {
  const Config config = parsed(R"(
[aws]
region = "eu-central-1"
profile = "backups"
[sql]
driver = "ODBC Driver 18 for SQL Server"
ca_file = "/etc/ssl/sql.pem"
trust_server_certificate = false
authentication = "integrated"
login_timeout = "5s"
query_timeout = "1m"
concurrency = 32
browser_port = 11434
[[rotation]]
name = "prod"
iam_user = "sql-backups-user"
credential_secret = "prod/sqlcredential"
bucket_urls = ["s3://bkt.s3.eu-central-1.amazonaws.com/sql/", "s3.eu-central-1.amazonaws.com/bkt/sql"]
credential_patterns = ["s3://bkt.s3.eu-central-1.amazonaws.com/*"]
sql_user = "keyturn"
sql_password_secret = "prod/sqlpass"
proof_backup = "canary"
[rotation.policy]
max_age = "30d"
grace = "72h"
canaries = ["sql01"]
wave_percent = 10
max_errors_percent = 0
[rotation.fleet]
ec2_tags = { SQL = "2022", Stage = "prod" }
[[rotation.target]]
name = "sql01"
host = "10.0.0.1"
port = 1433
[[rotation.target]]
host = "10.0.0.2"
instance = "PAYROLL"
[[rotation]]
name = "test"
iam_user_secret = "test/iamuser"
credential_secret = "test/sqlcredential"
)");
  EXPECT_EQ(config.aws.region, "eu-central-1");
  EXPECT_EQ(config.sql.login_timeout, std::chrono::seconds{5});
  EXPECT_EQ(config.sql.browser_port, 11434);
  ASSERT_EQ(config.rotations.size(), 2U);
  const RotationSettings& prod = config.rotations[0];
  EXPECT_EQ(prod.bucket_urls, (std::vector<std::string>{"s3://bkt.s3.eu-central-1.amazonaws.com/sql",
                                                        "s3://s3.eu-central-1.amazonaws.com/bkt/sql"}));
  EXPECT_EQ(prod.policy.grace, std::chrono::hours{72});
  EXPECT_EQ(prod.policy.canaries, std::vector<std::string>{"sql01"});
  EXPECT_EQ(prod.fleet.ec2_tags.size(), 2U);
  ASSERT_EQ(prod.fleet.targets.size(), 2U);
  EXPECT_EQ(prod.fleet.targets[1].name, "10.0.0.2\\PAYROLL");
  EXPECT_EQ(config.rotations[1].fleet.ec2_tags.at("SQL"), "2022");
  EXPECT_EQ(prod.policy.proof_backup, rotation::ProofBackup::canary);
  EXPECT_EQ(config.rotations[1].policy.proof_backup, rotation::ProofBackup::off);
}

TEST(Config, ListedTargetsTakeThePlaceOfTags) {
  EXPECT_TRUE(
      parsed("[[rotation]]\n[[rotation.target]]\nhost = \"sql01\"").rotations[0].fleet.ec2_tags.empty());
}

TEST(Config, TheWayToTheFleetGoesByHowItIsGiven) {
  EXPECT_EQ(parsed("").rotations[0].fleet.via, FleetWay::ssm);
  EXPECT_EQ(parsed("[[rotation]]").rotations[0].fleet.via, FleetWay::ssm);
  EXPECT_EQ(parsed("[[rotation]]\n[[rotation.target]]\nhost = \"sql01\"").rotations[0].fleet.via,
            FleetWay::direct);
  const FleetSettings direct = parsed("[[rotation]]\n[rotation.fleet]\nvia = \"direct\"").rotations[0].fleet;
  EXPECT_EQ(direct.via, FleetWay::direct);
  EXPECT_EQ(direct.ec2_tags.size(), 1U);
}

TEST(Config, EverySettingOfSystemsManagerIsRead) {
  const FleetSettings fleet = parsed(R"([[rotation]]
[rotation.fleet]
via = "ssm"
document = "arn:aws:ssm:eu-central-1:111122223333:document/Keyturn"
instance_ids = ["i-0123456789abcdef0", "mi-0123456789abcdef0"]
max_concurrency = "10%"
max_errors = "0"
delivery_timeout = "1m"
execution_timeout = "5m"
)")
                                  .rotations[0]
                                  .fleet;
  EXPECT_EQ(fleet.document, "arn:aws:ssm:eu-central-1:111122223333:document/Keyturn");
  EXPECT_EQ(fleet.instance_ids.size(), 2U);
  EXPECT_TRUE(fleet.ec2_tags.empty());
  EXPECT_EQ(fleet.max_concurrency, "10%");
  EXPECT_EQ(fleet.max_errors, "0");
  EXPECT_EQ(fleet.delivery_timeout, std::chrono::minutes{1});
  EXPECT_EQ(fleet.execution_timeout, std::chrono::minutes{5});
}

struct Wrong {
  const char* text;
  const char* message;
};

TEST(Config, WrongSettingsSayWhereWhatAndWhatIsAllowed) {
  const std::vector<Wrong> cases{
      {"[aws]\nregoin = \"x\"",
       "keyturn.toml:2:1: setting \"aws.regoin\": there is no such setting, did you mean "
       "\"region\"?; allowed: profile, region."},
      {"[awz]", "keyturn.toml:1:2: setting \"awz\": there is no such setting, did you mean \"aws\"?"},
      {"[sql]\nlogin_timeout = 10",
       "keyturn.toml:2:17: setting \"sql.login_timeout\": a whole number can't stand here; "
       "allowed: a duration in quotes from \"1s\" to \"5m\", such as \"10s\"."},
      {"[sql]\nlogin_timeout = \"10\"", "\"10\" is not a duration"},
      {"[sql]\nquery_timeout = \"1h\"",
       "\"1h\" is out of range; allowed: a duration in quotes from \"1s\" to \"10m\""},
      {"[sql]\nquery_timeout = \"1m\"\n[[rotation]]\n[rotation.policy]\ndeadline = \"1m\"\n"
       "[[rotation.target]]\nhost = \"sql01\"",
       "login_timeout and query_timeout come to 1m10s, and the deadline of \"default\" is 1m; allowed: "
       "time-outs that are together shorter than rotation.policy.deadline"},
      {"[sql]\nlogin_max_age = \"never\"", "\"never\" is not a duration"},
      {"[sql]\nrotate_login = true\n[[rotation]]\nname = \"a\"\niam_user_secret = \"a\"\n"
       "[[rotation]]\nname = \"b\"\niam_user_secret = \"b\"\ncredential_secret = \"c\"",
       "keyturn.toml:6:1: setting \"rotation.sql_password_secret\": two rotations log in by \"sqlpass\""},
      {"[sql]\nrotate_login = true\nauthentication = \"integrated\"\n[[rotation]]\n"
       "[[rotation.target]]\nhost = \"a\"",
       "\"default\" logs in by Windows's own account, which has no password to rotate"},
      {"[sql]\nconcurrency = 0", "0 is out of range; allowed: a whole number from 1 to 256"},
      {"[sql]\nconcurrency = \"8\"", "a text can't stand here; allowed: a whole number from 1 to 256"},
      {"[[rotation]]\nproof_backup = \"yes\"", "allowed: \"off\", \"canary\" or \"all\""},
      {"[sql]\nbrowser_port = 70000", "allowed: a whole number from 1 to 65535"},
      {"[sql]\ntrust_server_certificate = \"yes\"", "allowed: true or false, without quotes"},
      {"[sql]\nca_file = \"x\"\ntrust_server_certificate = true", "with ca_file the certificate is checked"},
      {"[sql]\ndriver = \"a;b\"", "a character that can't be in a driver's name"},
      {"[sql]\npassword = \"Secret1\"", "a password does not belong into a file"},
      {"aws = 1", "setting \"aws\": a whole number can't stand here; allowed: a table, [aws]"},
      {"[rotation]\nname = \"x\"", "allowed: tables with two brackets, [[rotation]]"},
      {"[[rotation]]\nname = \"a b\"", "\"a b\" can't be a rotation's name"},
      {"[[rotation]]\nname = \"\"", "it is empty"},
      {"[[rotation]]\niam_user = \"a\"\niam_user_secret = \"b\"", "\"rotation.iam_user\" is given too"},
      {"[[rotation]]\nbucket_urls = []", "the list is empty"},
      {"[[rotation]]\nbucket_urls = [\"s3://h.amazonaws.com/a]b\"]", "setting \"rotation.bucket_urls\""},
      {"[[rotation]]\nbucket_urls = [\"s3://h.amazonaws.com/a'b\"]", "setting \"rotation.bucket_urls\""},
      {"[[rotation]]\nbucket_urls = [5]",
       "setting \"rotation.bucket_urls\": a whole number can't stand here"},
      {"[[rotation]]\nbucket_urls = [\"https://h/b\"]", "setting \"rotation.bucket_urls\""},
      {"[[rotation]]\ncredential_patterns = [\"h/*\"]", "\"h/*\" does not begin with s3://"},
      {"[[rotation]]\n[rotation.policy]\ngrace = \"1m\"", "setting \"rotation.policy\""},
      {"[[rotation]]\n[rotation.policy]\nwave_percent = 0", "allowed: a whole number from 1 to 100"},
      {"[[rotation]]\n[rotation.policy]\ngrase = \"1m\"", "did you mean \"grace\"?"},
      {"[[rotation]]\n[rotation.policy]\ncanaries = [\"x\"]\n[[rotation.target]]\nhost = \"y\"",
       "no target has the name \"x\""},
      {"[[rotation]]\n[rotation.fleet]\nec2_tags = {}", "it names no tag"},
      {"[[rotation]]\n[rotation.fleet]\nec2_tags = { SQL = 2022 }",
       "setting \"rotation.fleet.ec2_tags.SQL\": a whole number can't stand here"},
      {"[[rotation]]\n[rotation.fleet]\nvia = \"winrm\"", "\"winrm\" is no way to a fleet"},
      {"[[rotation]]\n[[rotation.target]]\nhost = \"a\"\n[rotation.fleet]\nvia = \"ssm\"",
       "and targets are listed too"},
      {"[[rotation]]\n[rotation.fleet]\nvia = \"direct\"\nmax_errors = \"0\"",
       "it is for via = \"ssm\" alone"},
      {"[[rotation]]\n[rotation.fleet]\nec2_tags = { A = \"b\" }\ninstance_ids = [\"i-0123456789abcdef0\"]",
       "\"rotation.fleet.ec2_tags\" is given too"},
      {"[[rotation]]\n[rotation.fleet]\ninstance_ids = [\"sql01\"]",
       "\"sql01\" is not the id of a managed node"},
      {"[[rotation]]\n[rotation.fleet]\nmax_concurrency = \"0\"", "neither a number of hosts nor a share"},
      {"[[rotation]]\n[rotation.fleet]\nmax_concurrency = \"101%\"", "neither a number of hosts nor a share"},
      {"[[rotation]]\n[rotation.fleet]\nmax_errors = \"-1\"", "neither a number of hosts nor a share"},
      {"[[rotation]]\n[rotation.fleet]\ndelivery_timeout = \"10s\"", "\"10s\" is out of range"},
      {"[[rotation]]\n[[rotation.target]]\nport = 1", "setting \"rotation.target.host\": it is missing"},
      {"[[rotation]]\n[[rotation.target]]\nhost = \"a;b\"", "is not a host name or an IP address"},
      {"[[rotation]]\n[[rotation.target]]\nhost = \"a\"\n[[rotation.target]]\nhost = \"a\"",
       "\"a\" is there twice"},
      {"[[rotation]]\nname = \"a\"\n[[rotation]]\nname = \"b\"\ncredential_secret = \"c\"",
       "keyturn.toml:3:1: setting \"rotation.iam_user_secret\": two rotations have \"iamuser\""},
      {"x = = 1", "keyturn.toml:1:5: this is not TOML"},
      {"[sql]\n[sql]", "this is not TOML"},
  };
  for (const Wrong& wrong : cases) EXPECT_THAT(refusal(wrong.text), HasSubstr(wrong.message)) << wrong.text;
}

TEST(Config, AllProblemsAreToldAtOnceInTheOrderOfTheFile) {
  const std::string message = refusal("[sql]\nconcurrency = 0\ndrivver = \"x\"\n[aws]\nregion = 5\n");
  const auto first = message.find(":2:"), second = message.find(":3:"), third = message.find(":5:");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST(Config, WhatMightBeAPasswordIsNotRepeated) {
  EXPECT_THAT(refusal("[[rotation]]\nsql_password_secret = \"Pa$$w0rd!\""), Not(HasSubstr("Pa$$w0rd!")));
  EXPECT_THAT(refusal("[[rotation]]\nsql_password = \"Pa$$w0rd!\""), Not(HasSubstr("Pa$$w0rd!")));
}

class ConfigFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("keyturn-config-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_ / "keyturn");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text) { std::ofstream(folder_ / "keyturn/keyturn.toml") << text; }
  [[nodiscard]] aws::Environment environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      return name == "XDG_CONFIG_HOME" ? std::optional(folder_.string()) : std::nullopt;
    };
  }
  std::filesystem::path folder_;
};

TEST_F(ConfigFile, IsFoundInTheUsersFolder) {
  write("[aws]\nregion = \"eu-west-1\"");
  const auto config = load_config(std::nullopt, environment());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->aws.region, "eu-west-1");
  EXPECT_EQ(std::filesystem::path(config->source), folder_ / "keyturn" / "keyturn.toml");
}

TEST_F(ConfigFile, RelativePathsCountFromIt) {
  write("[sql]\nca_file = \"ca.pem\"");
  EXPECT_EQ(load_config(std::nullopt, environment())->sql.ca_file, folder_ / "keyturn/ca.pem");
}

TEST_F(ConfigFile, OneThatIsNotThereIsRefused) {
  const auto config = load_config(folder_ / "none.toml", environment());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().sentence(), HasSubstr("none.toml can't be read. There is no such file"));
  EXPECT_THAT(load_config(folder_, environment()).error().message, HasSubstr("is a folder"));
}

TEST_F(ConfigFile, AnEmptyOneIsAllDefaults) {
  write("");
  EXPECT_TRUE(load_config(std::nullopt, environment()));
}

}  // namespace
}  // namespace keyturn::setup
