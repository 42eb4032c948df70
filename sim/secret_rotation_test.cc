#include "sim/secret_rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sim/function_testing.h"
#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using testing::ElementsAre;

const std::string kToken(32, 'n');

class SecretRotationTest : public testing::Test {
 protected:
  SecretRotationTest() {
    EXPECT_TRUE(world_.secrets().create_secret("cred", std::string(32, 'o'), "old"));
    functions_.make("rotator", "secretsmanager.amazonaws.com");
  }
  // What the four steps of a rotator do.
  TestFunctions::Answer rotate(const json& event) {
    steps_.push_back(event.at("Step"));
    if (event.at("Step") == failing_) return {R"({"errorMessage":"no"})", "Error"};
    SecretsManager& secrets = world_.secrets();
    const std::string token = event.at("ClientRequestToken");
    if (event.at("Step") == "createSecret" && !secrets.get_secret_value("cred", token))
      (void)secrets.put_secret_value("cred", token, "new", {"AWSPENDING"}).value();
    if (event.at("Step") == "finishSecret")
      (void)secrets
          .update_version_stage("cred", "AWSCURRENT", secrets.secret("cred")->at_stage("AWSCURRENT")->id,
                                token)
          .value();
    return {};
  }
  SecretRotation rotation() { return world_.rotations().of(world_.secrets().secret("cred")->arn).value(); }
  bool is_over() {
    return goes_on_until(world_, [&] { return rotation().token.empty(); });
  }
  std::string code_of_rotate(const std::string& token, const SecretRotations::Request& request = {}) {
    const auto rotated = world_.rotations().rotate("cred", token, request);
    return rotated ? "ok" : rotated.error().code;
  }

  VirtualClock clock_{from_epoch_s(1'800'000'000)};
  SeededRandom random_{3};
  World world_{clock_, random_};
  std::vector<std::string> steps_;
  std::string failing_;
  TestFunctions functions_{world_, [this](const std::string&, const std::string& payload) {
                             return rotate(json::parse(payload));
                           }};
  const SecretRotations::Request weekly_{"rotator", RotationRules{7, "", ""}, true};
};

TEST_F(SecretRotationTest, CallsTheFunctionFourTimesInOrder) {
  ASSERT_EQ(code_of_rotate(kToken, weekly_), "ok");
  ASSERT_TRUE(is_over());
  EXPECT_THAT(steps_, ElementsAre("createSecret", "setSecret", "testSecret", "finishSecret"));
  EXPECT_EQ(world_.secrets().get_secret_value("cred")->version.value, "new");
  EXPECT_TRUE(rotation().last_at);
}

TEST_F(SecretRotationTest, TheNewVersionHasNoValueAtFirst) {
  failing_ = "createSecret";
  ASSERT_EQ(code_of_rotate(kToken, weekly_), "ok");
  EXPECT_EQ(world_.secrets().secret("cred")->at_stage("AWSPENDING")->id, kToken);
  EXPECT_EQ(world_.secrets().get_secret_value("cred", kToken).error().code, "ResourceNotFoundException");
}

TEST_F(SecretRotationTest, AFailureIsTriedAgainFromTheFirstStep) {
  failing_ = "testSecret";
  ASSERT_EQ(code_of_rotate(kToken, weekly_), "ok");
  ASSERT_TRUE(goes_on_until(world_, [&] { return rotation().attempts == 1; }));
  EXPECT_EQ(code_of_rotate(std::string(32, 'x')),
            "InvalidRequestException");  // a previous one isn't complete
  failing_.clear();
  clock_.advance(std::chrono::minutes{1});
  ASSERT_TRUE(is_over());
  EXPECT_THAT(steps_, ElementsAre("createSecret", "setSecret", "testSecret", "createSecret", "setSecret",
                                  "testSecret", "finishSecret"));
  EXPECT_EQ(world_.secrets().secret("cred")->at_stage("AWSCURRENT")->id, kToken);
}

TEST_F(SecretRotationTest, GivesUpAndIsTakenUpByTheNextCall) {
  failing_ = "setSecret";
  ASSERT_EQ(code_of_rotate(kToken, weekly_), "ok");
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(goes_on_until(world_, [&] { return rotation().attempts == i; }));
    clock_.advance(std::chrono::minutes{1});
  }
  ASSERT_TRUE(is_over());
  failing_.clear();
  EXPECT_EQ(code_of_rotate(std::string(32, 'x')), "InvalidRequestException");
  ASSERT_TRUE(is_over());
  EXPECT_EQ(world_.secrets().secret("cred")->at_stage("AWSCURRENT")->id, kToken);
}

TEST_F(SecretRotationTest, ComesDueAndCanBeTurnedOff) {
  ASSERT_EQ(code_of_rotate(kToken, {"rotator", RotationRules{7, "", ""}, false}), "ok");
  world_.advance();
  EXPECT_TRUE(steps_.empty());
  clock_.advance(std::chrono::days{7});
  ASSERT_TRUE(goes_on_until(world_, [&] { return steps_.size() == 4 && rotation().token.empty(); }));
  ASSERT_TRUE(world_.rotations().cancel("cred"));
  clock_.advance(std::chrono::days{30});
  world_.advance();
  EXPECT_EQ(steps_.size(), 4U);
  EXPECT_FALSE(rotation().enabled);
}

TEST_F(SecretRotationTest, TheFunctionMustLetSecretsManagerCallIt) {
  EXPECT_EQ(code_of_rotate(kToken), "InvalidRequestException");  // none at all
  functions_.make("closed");
  EXPECT_EQ(code_of_rotate(kToken, {"closed", RotationRules{7, "", ""}, true}), "AccessDeniedException");
  EXPECT_EQ(world_.secrets().secret("cred")->at_stage("AWSPENDING"), nullptr);
}

}  // namespace
}  // namespace keyturn::sim
