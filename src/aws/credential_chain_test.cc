#include "aws/credential_chain.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "aws/aws_context.h"
#include "aws/test_support.h"
#include "base/path.h"

namespace keyturn::aws {
namespace {

namespace fs = std::filesystem;
using Variables = std::map<std::string, std::string>;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// A folder of AWS files, an environment that names only them, and a transport that the test answers for.
class CredentialChainTest : public testing::Test {
 protected:
  CredentialChainTest() {
    // Not all of the name is in any ANSI code page.
    folder_ = fs::temp_directory_path() / path_of("keyturn-Zürich-東京-" + SystemRandom().uuid());
    fs::create_directory(folder_);
    variables_ = {
        {"HOME", utf8_of(folder_)}, {"AWS_EC2_METADATA_DISABLED", "true"}, {"AWS_REGION", "eu-west-1"}};
    fs::create_directory(folder_ / ".aws");
  }
  ~CredentialChainTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return utf8_of(folder_ / name);
  }
  void config(const std::string& text) { write(".aws/config", text); }
  void credentials(const std::string& text) { write(".aws/credentials", text); }

  Result<Credentials> fetch(const AwsOptions& options = {}) {
    const Environment environment = fixed_environment(variables_);
    const auto files = load_profile_files(environment);
    if (!files) return fail(files.error());
    const auto settings = load_settings(environment, *files, options);
    if (!settings) return fail(settings.error());
    return CredentialChain(environment, *settings, bench_.context()).fetch();
  }

  fs::path folder_;
  Variables variables_;
  ScriptedTransport::Answer answer_ = [](const net::HttpRequest&) { return not_reached(); };
  Bench bench_{[this](const net::HttpRequest& request) { return answer_(request); }};
};

std::string sts_reply(const std::string& operation, const std::string& id) {
  return "<" + operation + "Response><" + operation + "Result><Credentials><AccessKeyId>" + id +
         "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
         "<Expiration>2026-01-02T01:00:00Z</Expiration></Credentials></" +
         operation + "Result></" + operation + "Response>";
}

TEST_F(CredentialChainTest, TheEnvironmentBeatsAProfileUnlessOneIsAnOption) {
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  variables_["AWS_SESSION_TOKEN"] = "t";
  variables_["AWS_PROFILE"] = "p";
  credentials("[p]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  EXPECT_EQ(fetch()->access_key_id, "ENV");
  EXPECT_EQ(fetch()->session_token.reveal(), "t");
  EXPECT_EQ(fetch({{}, "p"})->access_key_id, "FILE");
}

TEST_F(CredentialChainTest, HalfAPairIsAnError) {
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  credentials("[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  EXPECT_EQ(fetch().error().kind, ErrorKind::credentials);
  variables_.erase("AWS_ACCESS_KEY_ID");
  EXPECT_TRUE(fetch());
  credentials("[default]\naws_secret_access_key=s\n");
  config("[default]\naws_access_key_id=CONFIG\naws_secret_access_key=s\n");
  const auto half = fetch();
  ASSERT_FALSE(half);
  EXPECT_TRUE(has(half.error().message, "half a pair"));
}

TEST_F(CredentialChainTest, NothingAnywhereSaysWhereItLooked) {
  const auto none = fetch();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::credentials);
  EXPECT_TRUE(has(none.error().message, utf8_of(folder_ / ".aws" / "credentials"))) << none.error().message;
  EXPECT_FALSE(none.error().hint.empty());
}

TEST_F(CredentialChainTest, AssumesARoleThroughAChainOfProfiles) {
  config(
      "[profile "
      "a]\nrole_arn=arn:aws:iam::1:role/outer\nsource_profile=b\nexternal_id=x\nduration_seconds=900\n"
      "[profile b]\nrole_arn=arn:aws:iam::1:role/inner\nsource_profile=c\n");
  credentials("[c]\naws_access_key_id=BASE\naws_secret_access_key=s\n");
  answer_ = [](const net::HttpRequest& request) {
    return reply(200, sts_reply("AssumeRole", has(request.body, "inner") ? "INNER" : "OUTER"));
  };
  const auto got = fetch({{}, "a"});
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "OUTER");
  EXPECT_EQ(got->expires_at, parse_iso8601("2026-01-02T01:00:00Z").value());
  ASSERT_EQ(bench_.transport.requests.size(), 2U);
  EXPECT_TRUE(
      has(net::find_header(bench_.transport.requests[0].headers, "Authorization"), "Credential=BASE/"));
  EXPECT_TRUE(
      has(net::find_header(bench_.transport.requests[1].headers, "Authorization"), "Credential=INNER/"));
  EXPECT_TRUE(has(bench_.transport.requests[1].body, "ExternalId=x"));
  EXPECT_EQ(bench_.transport.requests[0].url, "https://sts.eu-west-1.amazonaws.com/");
}

TEST_F(CredentialChainTest, ContradictoryProfilesAreErrors) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[profile p]\nrole_arn=r\n", "exactly one"},
      {"[profile p]\nrole_arn=r\nsource_profile=q\ncredential_source=Environment\n", "exactly one"},
      {"[profile p]\nrole_arn=r\nsource_profile=q\n", "does not exist"},
      {"[profile p]\nrole_arn=r\nsource_profile=p\n", "no keys"},
      {"[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\nrole_arn=r\nsource_profile=p\n", "circle"},
      {"[profile p]\nrole_arn=r\ncredential_source=Moon\n", "Moon"},
      {"[profile p]\nrole_arn=r\ncredential_source=Environment\n", "where there are none"},
      {"[profile p]\nrole_arn=r\nsource_profile=p\nmfa_serial=m\n", "MFA"},
      {"[profile p]\nrole_arn=r\nsource_profile=p\nduration_seconds=1\n", "duration_seconds"},
      {"[profile p]\nsso_session=s\n", "SSO"},
  };
  for (const auto& [text, why] : cases) {
    SCOPED_TRACE(text);
    config(text);
    const auto got = fetch({{}, "p"});
    ASSERT_FALSE(got);
    EXPECT_TRUE(has(got.error().message, why)) << got.error().message;
  }
  EXPECT_TRUE(bench_.transport.requests.empty());
}

TEST_F(CredentialChainTest, AProfileMayNameItselfIfItHasKeys) {
  config("[default]\nrole_arn=r\nsource_profile=default\n");
  credentials("[default]\naws_access_key_id=BASE\naws_secret_access_key=s\n");
  answer_ = [](const net::HttpRequest&) { return reply(200, sts_reply("AssumeRole", "ROLE")); };
  EXPECT_EQ(fetch()->access_key_id, "ROLE");
}

TEST_F(CredentialChainTest, WebIdentityIsUnsigned) {
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = write("token", "jwt");
  variables_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/pod";
  answer_ = [](const net::HttpRequest&) { return reply(200, sts_reply("AssumeRoleWithWebIdentity", "WEB")); };
  const auto got = fetch();
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "WEB");
  EXPECT_TRUE(net::find_header(bench_.transport.requests[0].headers, "Authorization").empty());
  EXPECT_TRUE(has(bench_.transport.requests[0].body, "WebIdentityToken=jwt"));
}

TEST_F(CredentialChainTest, TheCredentialProcessOfAProfileIsRun) {
  config("[default]\ncredential_process = nowhere-to-be-found --please\n");
  const auto got = fetch();
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "nowhere-to-be-found")) << got.error().message;
}

TEST_F(CredentialChainTest, AsksTheContainerEndpointWithItsToken) {
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = write("token", "pod-token");
  answer_ = [](const net::HttpRequest&) {
    return reply(
        200,
        R"({"AccessKeyId":"POD","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-02T01:00:00Z"})");
  };
  const auto got = fetch();
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "POD");
  EXPECT_EQ(got->session_token.reveal(), "t");
  const auto& request = bench_.transport.requests[0];
  EXPECT_EQ(request.url, "http://169.254.170.2/creds");
  EXPECT_EQ(net::find_header(request.headers, "Authorization"), "pod-token");
  EXPECT_FALSE(request.use_proxy);
}

TEST_F(CredentialChainTest, SendsNoContainerTokenToAStranger) {
  for (const char* url :
       {"http://evil.example/x", "http://127.0.0.1.evil.example/", "ftp://localhost/", "nonsense"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_FALSE(fetch()) << url;
  }
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:9/";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "a\r\nX: y";
  EXPECT_FALSE(fetch());
  EXPECT_TRUE(bench_.transport.requests.empty());
}

// Instance metadata as EC2 answers it.
Result<net::HttpResponse> metadata(const net::HttpRequest& request) {
  if (request.method == "PUT") return reply(200, "session");
  if (net::find_header(request.headers, "x-aws-ec2-metadata-token") != "session") return reply(401, "");
  if (has(request.url, "placement/region")) return reply(200, "ap-south-1");
  if (request.url.ends_with("/security-credentials/")) return reply(200, "my-role\n");
  return reply(
      200,
      R"({"Code":"Success","AccessKeyId":"EC2","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-02T01:00:00Z"})");
}

TEST_F(CredentialChainTest, AsksInstanceMetadataLast) {
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  answer_ = metadata;
  const auto got = fetch();
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "EC2");
  EXPECT_EQ(bench_.transport.requests.back().url,
            "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
}

TEST_F(CredentialChainTest, InstanceMetadataThatFailsIsReported) {
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  answer_ = [](const net::HttpRequest& request) {
    return request.url.ends_with("/my-role")
               ? reply(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"})")
               : metadata(request);
  };
  const auto got = fetch();
  ASSERT_FALSE(got);
  EXPECT_TRUE(has(got.error().message, "no trust"));
}

TEST_F(CredentialChainTest, NamesTheFilesOnlyWhereThereIsAHome) {
  EXPECT_TRUE(has(fetch().error().message, utf8_of(folder_)));
  variables_.erase("HOME");
  const auto none = fetch();
  EXPECT_TRUE(has(none.error().message, "not in the environment, nor from a container"))
      << none.error().message;
}

TEST_F(CredentialChainTest, WindowsKeepsTheFilesBelowItsOwnKindOfHome) {
  credentials("[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  variables_.erase("HOME");
  variables_["USERPROFILE"] = utf8_of(folder_);
  const auto got = fetch();
  ASSERT_TRUE(got) << got.error().sentence();
  EXPECT_EQ(got->access_key_id, "FILE");
}

TEST_F(CredentialChainTest, AContextTakesItsRegionFromMetadataWhereNothingElseSaysIt) {
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_.erase("AWS_REGION");
  answer_ = metadata;
  const auto context = AwsContext::create(bench_.context(), fixed_environment(variables_), {});
  ASSERT_TRUE(context) << context.error().sentence();
  EXPECT_EQ(context->settings().region, "ap-south-1");
  answer_ = [](const net::HttpRequest&) { return not_reached(); };
  const auto without = AwsContext::create(bench_.context(), fixed_environment(variables_), {});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().kind, ErrorKind::usage);
  EXPECT_TRUE(has(without.error().sentence(), "AWS_REGION"));
}

// A world in which each place would give credentials, named like the place.
Result<net::HttpResponse> everywhere(const net::HttpRequest& request) {
  if (has(request.url, "://sts."))
    return has(request.body, "WebIdentityToken=") ? reply(200, sts_reply("AssumeRoleWithWebIdentity", "WEB"))
                                                  : reply(200, sts_reply("AssumeRole", "ROLE"));
  if (has(request.url, "169.254.170.2/")) return reply(200, R"({"AccessKeyId":"POD","SecretAccessKey":"s"})");
  return metadata(request);
}

TEST_F(CredentialChainTest, EachPlaceComesBeforeTheOnesBelow) {
  answer_ = everywhere;
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  EXPECT_EQ(fetch()->access_key_id, "EC2");
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
  EXPECT_EQ(fetch()->access_key_id, "POD");
  const std::string keys = "[default]\naws_access_key_id=CONFIG\naws_secret_access_key=s\n";
  config(keys);
  EXPECT_EQ(fetch()->access_key_id, "CONFIG");
  config(keys + "credential_process = nowhere-to-be-found\n");
  EXPECT_TRUE(has(fetch().error().message, "nowhere-to-be-found"));
  credentials("[default]\naws_access_key_id=FILE\naws_secret_access_key=s\naws_session_token=t\n");
  EXPECT_EQ(fetch()->access_key_id, "FILE");
  EXPECT_EQ(fetch()->session_token.reveal(), "t");
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = write("token", "jwt");
  variables_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/pod";
  EXPECT_EQ(fetch()->access_key_id, "WEB");
  EXPECT_EQ(fetch({{}, "default"})->access_key_id, "FILE") << "an option is more than a variable";
  config("[default]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=default\n");
  EXPECT_EQ(fetch()->access_key_id, "ROLE");
}

TEST_F(CredentialChainTest, ARolesOwnSourceSignsForItsSession) {
  answer_ = everywhere;
  variables_.erase("AWS_EC2_METADATA_DISABLED");
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
  variables_["AWS_ACCESS_KEY_ID"] = "ENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  for (const auto& [source, signer] : {std::pair("Environment", "ENV"), std::pair("EcsContainer", "POD"),
                                       std::pair("Ec2InstanceMetadata", "EC2")}) {
    config(std::string("[profile p]\nrole_arn=r\nrole_session_name=mine\nduration_seconds=901\n") +
           "credential_source=" + source + "\n");
    const auto got = fetch({{}, "p"});
    ASSERT_TRUE(got) << source << got.error().sentence();
    const net::HttpRequest& last = bench_.transport.requests.back();
    EXPECT_TRUE(
        has(net::find_header(last.headers, "Authorization"), "Credential=" + std::string(signer) + "/"));
    EXPECT_TRUE(has(last.body, "RoleSessionName=mine&")) << last.body;
    EXPECT_TRUE(has(last.body, "DurationSeconds=901")) << last.body;
  }
}

TEST_F(CredentialChainTest, AContainerEndpointIsAskedThreeTimes) {
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
  answer_ = [left = 2](const net::HttpRequest& request) mutable {
    return left-- > 0 ? reply(500, "") : everywhere(request);
  };
  EXPECT_TRUE(fetch());
  EXPECT_EQ(bench_.transport.requests.size(), 3U);
  answer_ = [](const net::HttpRequest&) { return reply(500, ""); };
  EXPECT_TRUE(has(fetch().error().message, "HTTP status 500"));
  EXPECT_EQ(bench_.transport.requests.size(), 6U);
}

TEST_F(CredentialChainTest, InstanceMetadataIsAskedWhereAndAsLongAsTheEnvironmentSays) {
  answer_ = metadata;
  EXPECT_FALSE(fetch());
  EXPECT_TRUE(bench_.transport.requests.empty()) << "AWS_EC2_METADATA_DISABLED";
  variables_["AWS_EC2_METADATA_DISABLED"] = "false";
  variables_["AWS_METADATA_SERVICE_TIMEOUT"] = "7";
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  EXPECT_TRUE(fetch());
  const net::HttpRequest& first = bench_.transport.requests.front();
  EXPECT_EQ(first.url, "http://[fd00:ec2::254]/latest/api/token");
  EXPECT_EQ(first.timeout, std::chrono::seconds{7});
  EXPECT_FALSE(first.use_proxy);
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://localhost:1338/";
  EXPECT_TRUE(fetch());
  EXPECT_TRUE(bench_.transport.requests.back().url.starts_with("http://localhost:1338/latest/meta-data/"));
}

TEST_F(CredentialChainTest, HalfAPairFromAnEndpointIsAnError) {
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/creds";
  for (const char* half : {R"({"AccessKeyId":"POD"})", R"({"SecretAccessKey":"s"})"}) {
    answer_ = [half](const net::HttpRequest&) { return reply(200, half); };
    const auto got = fetch();
    ASSERT_FALSE(got) << half;
    EXPECT_TRUE(has(got.error().message, "half a pair")) << got.error().message;
  }
}

TEST(CachedCredentials, RenewsBeforeExpiryAndToleratesAFailedRenewal) {
  ManualClock clock;
  int fetched = 0;
  bool works = true;
  CachedCredentials source(
      [&]() -> Result<Credentials> {
        ++fetched;
        if (!works) return fail(ErrorKind::credentials, "no");
        return Credentials{"K", SecretString("s"), {}, clock.now() + std::chrono::hours{1}};
      },
      clock);
  EXPECT_TRUE(source.get());
  EXPECT_TRUE(source.get());
  EXPECT_EQ(fetched, 1);
  clock.sleep_for(std::chrono::minutes{51}, nullptr);
  works = false;
  EXPECT_TRUE(source.get());
  EXPECT_EQ(fetched, 2);
  clock.sleep_for(std::chrono::minutes{8} + std::chrono::seconds{30}, nullptr);
  EXPECT_FALSE(source.get());
}

}  // namespace
}  // namespace keyturn::aws
