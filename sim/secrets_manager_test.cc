#include "sim/secrets_manager.h"

#include <gtest/gtest.h>

#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

std::string token(char c) { return std::string(32, c); }
const std::set<std::string> kPendingOnly{"AWSPENDING"};

class SecretsManagerTest : public testing::Test {
 protected:
  SecretsManagerTest() { EXPECT_TRUE(secrets_.create_secret("cred", token('a'), "old")); }
  std::set<std::string> stages_of(char version) const {
    return secrets_.secret("cred")->version(token(version))->stages;
  }

  VirtualClock clock_{from_epoch_s(1'750'000'000)};
  SeededRandom random_{7};
  SecretsManager secrets_{clock_, random_};
};

TEST_F(SecretsManagerTest, PutWithoutStagesMovesCurrentAndPrevious) {
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('b'), "new"));
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('c'), "newer"));
  EXPECT_EQ(stages_of('a'), std::set<std::string>{});
  EXPECT_EQ(stages_of('b'), std::set<std::string>{"AWSPREVIOUS"});
  EXPECT_EQ(stages_of('c'), std::set<std::string>{"AWSCURRENT"});
}

TEST_F(SecretsManagerTest, PendingIsTakenFromWhoeverHasIt) {
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('b'), "one", kPendingOnly));
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('c'), "two", kPendingOnly));
  EXPECT_TRUE(stages_of('b').empty());
  EXPECT_EQ(stages_of('c'), kPendingOnly);
  EXPECT_EQ(stages_of('a'), std::set<std::string>{"AWSCURRENT"});
}

TEST_F(SecretsManagerTest, ATokenIsTheVersionAndHoldsOneValue) {
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('b'), "one", kPendingOnly));
  EXPECT_TRUE(secrets_.put_secret_value("cred", token('b'), "one", kPendingOnly));
  const auto other = secrets_.put_secret_value("cred", token('b'), "two", kPendingOnly);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, "ResourceExistsException");
  EXPECT_EQ(secrets_.get_secret_value("cred", token('b')).value().version.value, "one");
  EXPECT_EQ(secrets_.update_secret("cred", token('b'), "one").error().code, "ResourceExistsException");
  EXPECT_EQ(secrets_.put_secret_value("cred", "short", "x").error().code, "InvalidParameterException");
}

TEST_F(SecretsManagerTest, PromotionIsACompareAndSwap) {
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('b'), "one", kPendingOnly));
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('c'), "two", {"OTHER"}));
  const auto blind = secrets_.update_version_stage("cred", "AWSCURRENT", {}, token('b'));
  ASSERT_FALSE(blind);
  EXPECT_EQ(blind.error().code, "InvalidParameterException");
  EXPECT_NE(blind.error().message.find(token('a')), std::string::npos);
  EXPECT_FALSE(secrets_.update_version_stage("cred", "AWSCURRENT", token('c'), token('b')));
  ASSERT_TRUE(secrets_.update_version_stage("cred", "AWSCURRENT", token('a'), token('b')));
  EXPECT_EQ(stages_of('b'), (std::set<std::string>{"AWSCURRENT", "AWSPENDING"}));
  EXPECT_EQ(stages_of('a'), std::set<std::string>{"AWSPREVIOUS"});
  EXPECT_FALSE(
      secrets_.update_version_stage("cred", "AWSCURRENT", token('a'), token('c')));  // the world moved
  ASSERT_TRUE(secrets_.update_version_stage("cred", "AWSPENDING", token('b'), {}));
  EXPECT_EQ(stages_of('b'), std::set<std::string>{"AWSCURRENT"});
  EXPECT_FALSE(secrets_.update_version_stage("cred", "AWSPENDING", token('b'), {}));
}

TEST_F(SecretsManagerTest, CurrentCantBeRemoved) {
  const auto removed = secrets_.update_version_stage("cred", "AWSCURRENT", token('a'), {});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, "InvalidParameterException");
  EXPECT_EQ(stages_of('a'), std::set<std::string>{"AWSCURRENT"});
}

TEST_F(SecretsManagerTest, RollbackSwapsCurrentAndPrevious) {
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('b'), "new"));
  ASSERT_TRUE(secrets_.update_version_stage("cred", "AWSCURRENT", token('b'), token('a')));
  EXPECT_EQ(stages_of('a'), std::set<std::string>{"AWSCURRENT"});
  EXPECT_EQ(stages_of('b'), std::set<std::string>{"AWSPREVIOUS"});
}

TEST_F(SecretsManagerTest, ReadsByVersionAndStageMustAgree) {
  ASSERT_TRUE(secrets_.put_secret_value("cred", token('b'), "new", kPendingOnly));
  EXPECT_EQ(secrets_.get_secret_value("cred").value().version.value, "old");
  EXPECT_EQ(secrets_.get_secret_value("cred", {}, "AWSPENDING").value().version.value, "new");
  EXPECT_EQ(secrets_.get_secret_value("cred", token('a'), "AWSPENDING").error().code,
            "InvalidRequestException");
  const auto missing = secrets_.get_secret_value("cred", {}, "AWSPREVIOUS");
  EXPECT_EQ(missing.error().message,
            "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS");
  EXPECT_EQ(secrets_.get_secret_value("nothing").error().code, "ResourceNotFoundException");
}

TEST_F(SecretsManagerTest, ArnsNameASecretToo) {
  const std::string arn = secrets_.describe_secret("cred").value().arn;
  EXPECT_TRUE(arn.starts_with("arn:aws:secretsmanager:us-east-1:111122223333:secret:cred-"));
  EXPECT_TRUE(secrets_.get_secret_value(arn));
  EXPECT_TRUE(secrets_.get_secret_value(arn.substr(0, arn.size() - 7)));
}

TEST_F(SecretsManagerTest, DeprecatedVersionsAreListedOnDemandAndInPages) {
  for (const char c : {'b', 'c', 'd', 'e'}) ASSERT_TRUE(secrets_.put_secret_value("cred", token(c), "v"));
  EXPECT_EQ(secrets_.list_secret_version_ids("cred", false).value().versions.size(), 2U);
  std::vector<std::string> ids;
  std::string next;
  do {
    const auto page = secrets_.list_secret_version_ids("cred", true, 2, next).value();
    for (const auto& version : page.versions) {
      ids.push_back(version.id);
      EXPECT_TRUE(version.value.empty());
    }
    next = page.next_token;
  } while (!next.empty());
  EXPECT_EQ(ids, (std::vector{token('a'), token('b'), token('c'), token('d'), token('e')}));
}

TEST_F(SecretsManagerTest, ADeletedSecretWaitsAndThenEnds) {
  const Secret deleted = secrets_.delete_secret("cred", 7, false).value();
  EXPECT_EQ(*deleted.deletion_at, clock_.now() + std::chrono::days(7));
  EXPECT_EQ(secrets_.get_secret_value("cred").error().code, "InvalidRequestException");
  EXPECT_EQ(secrets_.create_secret("cred", token('x'), "v").error().code, "InvalidRequestException");
  EXPECT_TRUE(secrets_.describe_secret("cred"));
  ASSERT_TRUE(secrets_.restore_secret("cred"));
  EXPECT_TRUE(secrets_.get_secret_value("cred"));
  ASSERT_TRUE(secrets_.delete_secret("cred", {}, true));
  EXPECT_EQ(secrets_.restore_secret("cred").error().code, "ResourceNotFoundException");
  EXPECT_TRUE(secrets_.create_secret("cred", token('x'), "v"));
  EXPECT_EQ(secrets_.delete_secret("cred", 3, false).error().code, "InvalidParameterException");
}

TEST_F(SecretsManagerTest, TagsAndChangesAreDated) {
  clock_.advance(std::chrono::seconds(5));
  ASSERT_TRUE(secrets_.tag_resource("cred", {{"a", "1"}, {"b", "2"}}));
  ASSERT_TRUE(secrets_.tag_resource("cred", {{"b", "3"}}));
  ASSERT_TRUE(secrets_.untag_resource("cred", {"a"}));
  EXPECT_EQ(secrets_.describe_secret("cred").value().tags, (SecretTags{{"b", "3"}}));
  EXPECT_EQ(secrets_.describe_secret("cred").value().last_changed_at, clock_.now());
}

}  // namespace
}  // namespace keyturn::sim
