// Secrets Manager's native rotation: the simulated service calls the function, which works on the same
// account.
#include "lambda/native_rotation.h"

#include <gtest/gtest.h>

#include "account.h"
#include "sim/function_testing.h"

namespace keyturn::lambda {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kToken = "11111111-2222-3333-4444-555555555555";

// The account's function is called by Secrets Manager; each call may be looked at, or come several times.
class NativeRotationTest : public testing::Test {
 protected:
  sim::TestFunctions::Answer answer(const std::string& payload) {
    const json event = json::parse(payload);
    steps_.push_back(event.value("Step", ""));
    Answer answer;
    if (steps_.back() == "setSecret" && before_set_) before_set_();
    for (int i = 0; i < times_; ++i) answer = account_.call(payload);
    if (answer) return {*answer, {}};
    errors_.push_back(answer.error().message);
    return {error_json(answer.error()), answer.error().type};
  }

  // RotateSecret, and everything that comes of it. True: the version is AWSCURRENT.
  bool rotate() {
    sim::TestFunctions functions(
        account_.world, [this](const std::string&, const std::string& payload) { return answer(payload); });
    functions.make("native", "secretsmanager.amazonaws.com");
    const auto function = account_.world.lambda().get_function("native")->arn;
    if (!account_.world.rotations().rotate("sqlcredential", kToken, {function, {}, true})) return false;
    return sim::goes_on_until(account_.world,
                              [&] {
                                const auto secret = account_.world.secrets().secret("sqlcredential");
                                const auto rotation = account_.world.rotations().of(secret->arn);
                                return rotation && (rotation->token.empty() || !errors_.empty());
                              }) &&
           current_version() == kToken;
  }
  std::string current_version() {
    const auto secret = account_.world.secrets().secret("sqlcredential");
    return secret->at_stage("AWSCURRENT")->id;
  }
  std::string step(const std::string& name, const std::string& token = kToken) {
    return json{{"Step", name}, {"SecretId", account_.secret_arn}, {"ClientRequestToken", token}}.dump();
  }

  TestAccount account_;
  int times_ = 1;
  std::vector<std::string> steps_;
  std::vector<std::string> errors_;
  std::function<void()> before_set_;
};

TEST_F(NativeRotationTest, FourStepsTurnTheKey) {
  ASSERT_TRUE(rotate()) << testing::PrintToString(errors_);
  EXPECT_EQ(steps_, (std::vector<std::string>{"createSecret", "setSecret", "testSecret", "finishSecret"}));
  const std::string key = account_.key_at("AWSCURRENT");
  EXPECT_NE(key, account_.first_key.access_key_id);
  EXPECT_EQ(account_.key_at("AWSPREVIOUS"), account_.first_key.access_key_id);
  EXPECT_EQ(account_.holders_of(key), 3);
  EXPECT_EQ(account_.world.iam().keys_ever_created(), 1);
}

TEST_F(NativeRotationTest, EveryStepMayComeTwice) {
  times_ = 2;
  ASSERT_TRUE(rotate()) << testing::PrintToString(errors_);
  EXPECT_EQ(account_.world.iam().keys_ever_created(), 1);
}

TEST_F(NativeRotationTest, AServerThatIsDownDoesNotHoldUpTheOthers) {
  account_.connector.set_reachable(account_.servers[2], false);
  ASSERT_TRUE(rotate()) << testing::PrintToString(errors_);
  EXPECT_EQ(account_.holders_of(account_.key_at("AWSCURRENT")), 2);
}

TEST_F(NativeRotationTest, AServerThatCannotBeWrittenIsNamedAndTheKeyStaysPending) {
  account_.world.faults().add({"tds:sql2:commit", sim::FaultKind::refuse, 0, -1, {}});
  EXPECT_FALSE(rotate());
  ASSERT_FALSE(errors_.empty());
  EXPECT_NE(errors_[0].find("sql2"), std::string::npos) << errors_[0];
  EXPECT_EQ(account_.key_at("AWSCURRENT"), account_.first_key.access_key_id);
}

TEST_F(NativeRotationTest, AKeyThatAwsRefusesFailsTheStepThatFindsOut) {
  before_set_ = [&] {
    (void)account_.world.iam().update_access_key(kTestUser, account_.key_at("AWSPENDING"),
                                                 sim::KeyStatus::inactive);
  };
  EXPECT_FALSE(rotate());
  ASSERT_FALSE(errors_.empty());
  EXPECT_EQ(steps_.back(), "setSecret");
  EXPECT_NE(errors_[0].find("lost AWSPENDING"), std::string::npos) << errors_[0];
  EXPECT_EQ(account_.holders_of(account_.first_key.access_key_id), 3);
}

TEST_F(NativeRotationTest, StepsThatTheSecretDoesNotKnowOfAreRefused) {
  const auto refusal = [&](const std::string& event) {
    const Answer answer = account_.call(event);
    return answer ? "answered" : answer.error().message;
  };
  EXPECT_NE(refusal(step("createSecret")).find("not enabled"), std::string::npos);
  ASSERT_TRUE(rotate());
  EXPECT_NE(refusal(step("setSecret", "99999999-2222-3333-4444-555555555555")).find("no version"),
            std::string::npos);
  const std::string previous = account_.world.secrets().secret("sqlcredential")->at_stage("AWSPREVIOUS")->id;
  EXPECT_NE(refusal(step("setSecret", previous)).find("does not have AWSPENDING"), std::string::npos);
  EXPECT_NE(
      refusal(json{{"Step", "setSecret"}, {"SecretId", "another"}, {"ClientRequestToken", kToken}}.dump())
          .find("another"),
      std::string::npos);
  EXPECT_EQ(account_.world.iam().keys_ever_created(), 1);
}

TEST_F(NativeRotationTest, AVersionThatIsCurrentAlreadyIsDone) {
  ASSERT_TRUE(rotate());
  const int engines = account_.engines_made;
  EXPECT_EQ(account_.response(step("finishSecret"))["outcome"], "done");
  EXPECT_EQ(account_.engines_made, engines);
}

}  // namespace
}  // namespace keyturn::lambda
