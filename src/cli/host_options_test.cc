#include "cli/host_options.h"

#include <gtest/gtest.h>

#include "cli/host_instances.h"

namespace keyturn::cli {
namespace {

using rotation::Standing;

setup::Config config_of(const std::string& text) {
  auto config = setup::parse_config(text, "keyturn.toml");
  EXPECT_TRUE(config) << config.error().sentence();
  return config ? *config : setup::Config{};
}

setup::RotationSettings chosen(const setup::Config& config, const HostOptions& options,
                               const std::string& rotation = "") {
  auto settings = host_rotation(config, options, rotation);
  EXPECT_TRUE(settings) << settings.error().sentence();
  return settings ? *settings : setup::RotationSettings{};
}

TEST(HostAuthentication, TheOptionGoesBeforeTheFile) {
  setup::Config config = config_of("[sql]\nauthentication = \"integrated\"\n");
  HostOptions options;
  EXPECT_TRUE(take_authentication(options, config.sql));
  EXPECT_EQ(config.sql.authentication, setup::SqlAuthentication::integrated);
  options.sql_authentication = "sql";
  EXPECT_TRUE(take_authentication(options, config.sql));
  EXPECT_EQ(config.sql.authentication, setup::SqlAuthentication::sql);
  options.sql_authentication = "kerberos";
  EXPECT_EQ(take_authentication(options, config.sql).error().kind, ErrorKind::usage);
}

TEST(HostRotation, WithoutAFileTheOptionsAreAll) {
  HostOptions options;
  options.credential_secret = "prod/key";
  options.bucket_url_secret = "prod/url";
  options.sql_user_secret = "prod/user";
  options.sql_password_secret = "prod/pass";
  options.credential_patterns = {"s3://backups.s3.eu-central-1.amazonaws.com/*"};
  const auto rotation = chosen(config_of(""), options);
  EXPECT_EQ(rotation.credential_secret, "prod/key");
  EXPECT_EQ(rotation.bucket_url_secret, "prod/url");
  EXPECT_EQ(rotation.sql_user_secret, "prod/user");
  EXPECT_EQ(rotation.sql_password_secret, "prod/pass");
  EXPECT_EQ(rotation.credential_patterns, options.credential_patterns);
  EXPECT_TRUE(rotation.bucket_urls.empty());
}

TEST(HostRotation, OptionsGoBeforeTheFile) {
  const auto config = config_of(
      "[[rotation]]\nsql_user = 'keyturn'\nbucket_urls = ['s3://own.s3.eu-central-1.amazonaws.com/a']\n"
      "[[rotation.target]]\nhost = 'sql01'\n");
  EXPECT_EQ(chosen(config, {}).sql_user, "keyturn");
  EXPECT_EQ(chosen(config, {}).bucket_urls.size(), 1U);
  HostOptions options;
  options.bucket_url_secret = "bucketurl";
  options.sql_user_secret = "sqluser";
  EXPECT_EQ(chosen(config, options).sql_user, "");
  EXPECT_TRUE(chosen(config, options).bucket_urls.empty());
  options.bucket_urls = {"", "other.s3.eu-central-1.amazonaws.com/b/"};
  EXPECT_EQ(chosen(config, options).bucket_urls,
            (std::vector<std::string>{"s3://other.s3.eu-central-1.amazonaws.com/b"}));
}

TEST(HostRotation, IsFoundByItsSecretOrItsName) {
  const auto config = config_of(
      "[[rotation]]\nname = 'a'\ncredential_secret = 'a/key'\niam_user = 'a'\nsql_password_secret = "
      "'a/pass'\n"
      "[[rotation]]\nname = 'b'\ncredential_secret = 'b/key'\niam_user = 'b'\nsql_password_secret = "
      "'b/pass'\n");
  HostOptions options;
  options.credential_secret = "b/key";
  EXPECT_EQ(chosen(config, options).sql_password_secret, "b/pass");
  EXPECT_EQ(chosen(config, {}, "a").credential_secret, "a/key");
  EXPECT_EQ(host_rotation(config, {}, "").error().kind, ErrorKind::usage);
  EXPECT_NE(host_rotation(config, {}, "aa").error().sentence().find("Did you mean"), std::string::npos);
  options.credential_secret = "another";
  EXPECT_EQ(chosen(config, options).sql_password_secret, "sqlpass");
}

TEST(HostRotation, WhatMayBeASecretInTheWrongPlaceIsNotRepeated) {
  HostOptions options;
  options.sql_password_secret = "my password!";
  const auto refused = host_rotation(config_of(""), options, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sentence().find("my password"), std::string::npos);
}

TEST(HostOrder, NeedsAllThreeConditions) {
  HostOptions options;
  options.version_id = "11111111-2222-4333-8444-555555555555";
  options.stage = "current";
  options.not_after = "2026-01-02T03:04:05Z";
  const auto order = host_order(options);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->stage, rotation::Stage::current);
  EXPECT_EQ(order->not_after, *parse_iso8601("2026-01-02T03:04:05Z"));
  for (std::string HostOptions::*needed :
       {&HostOptions::version_id, &HostOptions::stage, &HostOptions::not_after}) {
    HostOptions incomplete = options;
    incomplete.*needed = "";
    EXPECT_FALSE(host_order(incomplete));
  }
  options.check = true;
  EXPECT_TRUE(host_order(options)->is_look);
}

TEST(HostOrder, TakesAProofBackupWhereItIsSaid) {
  HostOptions options;
  options.version_id = "11111111-2222-4333-8444-555555555555";
  options.stage = "pending";
  options.not_after = "2026-01-02T03:04:05Z";
  for (const auto& [given, meant] : {std::pair{"", false}, {"false", false}, {"true", true}}) {
    options.proof_backup = given;
    EXPECT_EQ(host_order(options)->prove_backup, meant) << given;
  }
  options.proof_backup = "yes";
  EXPECT_EQ(host_order(options).error().kind, ErrorKind::usage);
}

TEST(HostInstances, WhatIsKnownBeforeAnyoneIsAsked) {
  std::vector<host::Instance> found(3);
  found[0].name = "RUNS";
  found[1].name = "DOWN";
  found[1].unreachable = "stopped";
  found[1].since = *parse_iso8601("2026-01-02T03:04:05Z");
  found[2].name = "PASSIVE";
  found[2].skipped = "passive";
  found[2].is_passive = true;
  found[2].cluster = "SQLCLU01";
  const auto told = unasked(found);
  EXPECT_EQ(told[0].state.standing, Standing::updatable);
  EXPECT_EQ(told[1].state.standing, Standing::unreachable);
  EXPECT_EQ(told[1].state.reason, "stopped");
  EXPECT_EQ(told[2].state.standing, Standing::skipped);
  EXPECT_TRUE(told[2].is_passive && !told[1].is_passive);
  EXPECT_EQ(told[2].cluster, "SQLCLU01");
  const auto targets = targets_of(found, std::chrono::minutes{1});
  ASSERT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets[1].unreachable_since, *parse_iso8601("2026-01-02T03:05:05Z"));
  EXPECT_EQ(unasked({}).at(0).state.standing, Standing::skipped);
}

}  // namespace
}  // namespace keyturn::cli
