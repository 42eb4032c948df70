// Profile files, settings and endpoints.
#include <gtest/gtest.h>

#include "aws/endpoints.h"
#include "aws/profile_files.h"
#include "aws/settings.h"

namespace keyturn::aws {
namespace {

ProfileFiles files_of(const std::string& config, const std::string& credentials = {}) {
  ProfileFiles files;
  files.config = parse_ini(config, "config").value();
  files.credentials = parse_ini(credentials, "credentials").value();
  return files;
}

Result<Settings> load(std::map<std::string, std::string> variables, const std::string& config = {},
                      const AwsOptions& options = {}) {
  return load_settings(fixed_environment(std::move(variables)), files_of(config), options);
}

TEST(ProfileFiles, UnderstandsCommentsNestingAndBlanks) {
  const auto file = parse_ini(
      "\xef\xbb\xbf# comment\n[default]\nRegion = eu-west-1 ; comment\r\n\n[profile  \"my team\"]\n"
      "aws_secret_access_key = a#b;c=d\ns3 =\n  endpoint_url = http://x\n  other=1\noutput=json\n",
      "config");
  ASSERT_TRUE(file) << file.error().sentence();
  EXPECT_EQ(file->at("default").value("region"), "eu-west-1");
  const IniSection& team = file->at("profile my team");
  EXPECT_EQ(team.value("aws_secret_access_key"), "a#b;c=d");
  EXPECT_EQ(team.nested.at("s3").at("endpoint_url"), "http://x");
  EXPECT_EQ(team.nested.at("s3").at("other"), "1");
  EXPECT_EQ(team.value("output"), "json");
}

TEST(ProfileFiles, ErrorsNameTheLineButNeverQuoteIt) {
  for (const std::string text :
       {"[a]\nSECRETBYTES\n", "SECRETBYTES=1\n", "[a]\n= SECRETBYTES\n", "[SECRETBYTES\n"}) {
    const auto file = parse_ini(text, "/home/x/.aws/credentials");
    ASSERT_FALSE(file) << text;
    EXPECT_EQ(file.error().kind, ErrorKind::usage);
    EXPECT_NE(file.error().message.find("/home/x/.aws/credentials, line "), std::string::npos);
    EXPECT_EQ(file.error().message.find("SECRETBYTES"), std::string::npos);
  }
}

TEST(ProfileFiles, TheCredentialsFileWins) {
  const auto files = files_of("[profile p]\nregion=a\nrole_arn=x\n", "[p]\nregion=b\n");
  EXPECT_EQ(files.value("p", "region"), "b");
  EXPECT_EQ(files.value("p", "role_arn"), "x");
  EXPECT_FALSE(files.has("q"));
}

TEST(Settings, RegionComesFromTheFirstPlaceThatSaysIt) {
  const std::string config = "[default]\nregion = eu-north-1\n";
  EXPECT_EQ(load({{"AWS_REGION", "a-1"}, {"AWS_DEFAULT_REGION", "b-1"}}, config, {{"c-1"}, {}})->region,
            "c-1");
  EXPECT_EQ(load({{"AWS_REGION", "a-1"}, {"AWS_DEFAULT_REGION", "b-1"}}, config)->region, "a-1");
  EXPECT_EQ(load({{"AWS_DEFAULT_REGION", "b-1"}}, config)->region, "b-1");
  EXPECT_EQ(load({}, config)->region, "eu-north-1");
  EXPECT_EQ(load({})->region, "");
  EXPECT_FALSE(load({{"AWS_REGION", "evil.example/"}}));
}

TEST(Settings, AProfileThatIsAskedForMustExist) {
  const auto settings = load({{"AWS_PROFILE", "nobody"}});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().kind, ErrorKind::usage);
  EXPECT_TRUE(load({{"AWS_PROFILE", "p"}}, "[profile p]\n"));
}

TEST(Settings, EndpointsByServiceBeforeEndpointsForAll) {
  const std::string config =
      "[default]\nservices = lab\nendpoint_url = http://profile\n[services lab]\niam =\n  endpoint_url = "
      "http://iam.lab/\n";
  const auto from_profile = load({}, config);
  ASSERT_TRUE(from_profile) << from_profile.error().sentence();
  EXPECT_EQ(from_profile->endpoint_urls.at("iam"), "http://iam.lab");
  EXPECT_EQ(from_profile->endpoint_url, "http://profile");

  const auto from_environment =
      load({{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://sm"}}, config);
  EXPECT_EQ(from_environment->endpoint_url, "http://all");
  EXPECT_EQ(from_environment->endpoint_urls.at("secretsmanager"), "http://sm");
  EXPECT_FALSE(from_environment->endpoint_urls.contains("iam"));

  const auto ignored =
      load({{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"}}, config);
  EXPECT_TRUE(ignored->endpoint_url.empty());
  EXPECT_TRUE(ignored->endpoint_urls.empty());
  EXPECT_FALSE(load({{"AWS_ENDPOINT_URL", "localhost:5000"}}));
}

TEST(Settings, CaBundleAndAttempts) {
  EXPECT_EQ(load({{"AWS_CA_BUNDLE", "/a"}, {"SSL_CERT_FILE", "/b"}})->ca_bundle, "/a");
  EXPECT_EQ(load({{"SSL_CERT_FILE", "/b"}})->ca_bundle, "/b");
  EXPECT_EQ(load({{"AWS_MAX_ATTEMPTS", "7"}})->max_attempts, 7);
  for (const char* bad : {"0", "x", "3x", "-1", "1000"})
    EXPECT_FALSE(load({{"AWS_MAX_ATTEMPTS", bad}})) << bad;
}

struct Expected {
  std::string region, service, url, signing_region;
  bool fips = false, dual = false;
};

TEST(Endpoints, FollowTheRulesOfEveryPartition) {
  const std::vector<Expected> cases{
      {"eu-west-1", "iam", "https://iam.amazonaws.com", "us-east-1"},
      {"eu-west-1", "iam", "https://iam-fips.amazonaws.com", "us-east-1", true},
      {"eu-west-1", "iam", "https://iam.global.api.aws", "us-east-1", false, true},
      {"cn-northwest-1", "iam", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {"us-gov-east-1", "iam", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
      {"us-iso-east-1", "iam", "https://iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
      {"eu-west-1", "sts", "https://sts.eu-west-1.amazonaws.com", "eu-west-1"},
      {"us-gov-west-1", "sts", "https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1", true},
      {"us-east-1", "secretsmanager", "https://secretsmanager-fips.us-east-1.amazonaws.com", "us-east-1",
       true},
      {"us-east-1", "secretsmanager", "https://secretsmanager.us-east-1.amazonaws.com", "us-east-1", false,
       true},
      {"us-east-1", "ec2", "https://ec2.us-east-1.api.aws", "us-east-1", false, true},
      {"cn-north-1", "secretsmanager", "https://secretsmanager.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {"cn-north-1", "ec2", "https://ec2.cn-north-1.api.amazonwebservices.com.cn", "cn-north-1", false, true},
      {"us-isob-east-1", "sts", "https://sts.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
  };
  for (const Expected& expected : cases) {
    SCOPED_TRACE(expected.url);
    Settings settings;
    settings.region = expected.region;
    settings.use_fips = expected.fips;
    settings.use_dual_stack = expected.dual;
    const auto endpoint = resolve_endpoint(settings, expected.service);
    ASSERT_TRUE(endpoint) << endpoint.error().sentence();
    EXPECT_EQ(endpoint->url, expected.url);
    EXPECT_EQ(endpoint->scope.region, expected.signing_region);
    EXPECT_EQ(endpoint->scope.service, expected.service);
  }
}

TEST(Endpoints, AnOverrideKeepsTheServicesSigningRegion) {
  Settings settings;
  settings.region = "eu-west-1";
  settings.endpoint_url = "http://127.0.0.1:5000";
  EXPECT_EQ(resolve_endpoint(settings, "iam")->url, "http://127.0.0.1:5000");
  EXPECT_EQ(resolve_endpoint(settings, "iam")->scope.region, "us-east-1");
  settings.region.clear();
  EXPECT_EQ(resolve_endpoint(settings, "iam").error().kind, ErrorKind::usage);
}

TEST(Endpoints, S3FollowsTheBackupUrlUnlessAnEndpointIsConfigured) {
  Settings settings;
  settings.region = "us-east-1";
  const S3Url url = parse_s3_url("s3://bkt.s3.eu-west-1.amazonaws.com/full").value();
  S3Place place = resolve_s3(settings, url);
  EXPECT_EQ(place.endpoint.url, "https://bkt.s3.eu-west-1.amazonaws.com");
  EXPECT_EQ(place.endpoint.scope.region, "eu-west-1");
  EXPECT_EQ(place.style, S3Style::virtual_host);
  settings.endpoint_urls["s3"] = "http://127.0.0.1:5000";
  place = resolve_s3(settings, url);
  EXPECT_EQ(place.endpoint.url, "http://127.0.0.1:5000");
  EXPECT_EQ(place.style, S3Style::path);
}

}  // namespace
}  // namespace keyturn::aws
