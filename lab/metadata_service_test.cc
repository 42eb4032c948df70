#include "lab/metadata_service.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/virtual_clock.h"

namespace keyturn::lab {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class MetadataTest : public ::testing::Test {
 protected:
  MetadataTest() {
    world_.iam().add_role("keyturn-host", {{true, "secretsmanager:GetSecretValue", "*"}});
    service_.set_endpoint("http://127.0.0.1:99");
    token_file_ = std::filesystem::temp_directory_path() / ("keyturn-token-" + SystemRandom().uuid());
    imds_ = *service_.add("i-1", CredentialSource::instance_metadata, token_file_);
    container_ = *service_.add("i-2", CredentialSource::container, token_file_);
  }
  ~MetadataTest() override { std::filesystem::remove(token_file_); }

  net::HttpResponse ask(const std::string& method, const std::string& target, net::Headers headers = {}) {
    return service_.handle({method, target, std::move(headers), {}, true});
  }
  std::string token(const std::string& ttl = "60") {
    const auto reply = ask("PUT", "/i-1/latest/api/token", {{"X-aws-ec2-metadata-token-ttl-seconds", ttl}});
    return reply.status == 200 ? reply.body : "";
  }
  net::HttpResponse with_token(const std::string& path, const std::string& token) {
    return ask("GET", "/i-1/latest/" + path, {{"X-aws-ec2-metadata-token", token}});
  }
  json instance_credentials() {
    return json::parse(with_token("meta-data/iam/security-credentials/keyturn-host", token()).body);
  }

  sim::VirtualClock clock_{*parse_iso8601("2026-01-02T03:04:05Z")};
  SeededRandom random_{1};
  sim::World world_{clock_, random_};
  MetadataService service_{world_, {"keyturn-host", "eu-west-1", std::chrono::minutes{30}}};
  std::filesystem::path token_file_;
  std::map<std::string, std::string> imds_, container_;
};

TEST_F(MetadataTest, NothingIsToldWithoutAToken) {
  EXPECT_EQ(ask("GET", "/i-1/latest/meta-data/instance-id").status, 401);
  EXPECT_EQ(with_token("meta-data/instance-id", "guessed").status, 401);
  EXPECT_EQ(token("0"), "");
  EXPECT_EQ(token("21601"), "");
  const std::string mine = token("60");
  EXPECT_EQ(with_token("meta-data/instance-id", mine).body, "i-1");
  clock_.advance(std::chrono::seconds{60});
  EXPECT_EQ(with_token("meta-data/instance-id", mine).status, 401);
}

TEST_F(MetadataTest, TellsWhereAndWhoItIs) {
  EXPECT_EQ(imds_.at("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "http://127.0.0.1:99/i-1");
  EXPECT_EQ(imds_.size(), 1U);  // the region too is asked for
  EXPECT_EQ(with_token("meta-data/placement/region", token()).body, "eu-west-1");
  EXPECT_EQ(with_token("meta-data/iam/security-credentials/", token()).body, "keyturn-host");
  const json identity = json::parse(with_token("dynamic/instance-identity/document", token()).body);
  EXPECT_EQ(identity.at("instanceId"), "i-1");
  EXPECT_EQ(identity.at("region"), "eu-west-1");
  EXPECT_EQ(with_token("meta-data/ami-id", token()).status, 404);
  EXPECT_EQ(ask("GET", "/i-3/latest/meta-data/instance-id").status, 404);
}

TEST_F(MetadataTest, CredentialsAreThoseOfTheRoleUntilTheyAreRenewed) {
  const json first = instance_credentials();
  EXPECT_EQ(first.at("Code"), "Success");
  const sim::Caller caller = world_.iam().authenticate(first.at("AccessKeyId"));
  EXPECT_EQ(caller.state, sim::KeyState::usable);
  EXPECT_EQ(caller.session_token, first.at("Token"));
  EXPECT_THAT(caller.arn, ::testing::EndsWith(":assumed-role/keyturn-host/i-1"));
  clock_.advance(std::chrono::minutes{19});
  EXPECT_EQ(instance_credentials(), first);
  clock_.advance(std::chrono::minutes{2});
  const json renewed = instance_credentials();
  EXPECT_NE(renewed.at("AccessKeyId"), first.at("AccessKeyId"));
  clock_.advance(std::chrono::minutes{10});
  EXPECT_EQ(world_.iam().authenticate(first.at("AccessKeyId")).state, sim::KeyState::expired);
}

TEST_F(MetadataTest, AContainerNeedsTheTokenOfItsFile) {
  EXPECT_EQ(container_.at("AWS_CONTAINER_CREDENTIALS_FULL_URI"), "http://127.0.0.1:99/i-2/credentials");
  std::string secret;
  std::ifstream(container_.at("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) >> secret;
  ASSERT_THAT(secret, Not(IsEmpty()));
  for (const auto& [name, value] : container_) EXPECT_EQ(value.find(secret), std::string::npos) << name;
  EXPECT_EQ(ask("GET", "/i-2/credentials").status, 401);
  EXPECT_EQ(ask("GET", "/i-2/credentials", {{"Authorization", "guessed"}}).status, 401);
  const auto reply = ask("GET", "/i-2/credentials", {{"Authorization", secret}});
  ASSERT_EQ(reply.status, 200);
  const json document = json::parse(reply.body);
  EXPECT_THAT(document.at("AccessKeyId").get<std::string>(), StartsWith("ASIA"));
  EXPECT_EQ(ask("GET", "/i-2/latest/meta-data/instance-id").status, 404);
}

}  // namespace
}  // namespace keyturn::lab
