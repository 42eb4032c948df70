#include "sim/iam.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

using std::chrono::seconds;

class IamTest : public testing::Test {
 protected:
  IamTest() { iam_.add_user("backup", {{true, "s3:*", "bucket*"}}); }

  VirtualClock clock_{from_epoch_s(1'750'000'000)};
  SeededRandom random_{7};
  Iam iam_{clock_, random_};
};

TEST_F(IamTest, IdsAndSecretsLookLikeThoseOfAws) {
  const IamKey key = iam_.create_access_key("backup").value();
  EXPECT_EQ(key.access_key_id.size(), 20U);
  EXPECT_TRUE(key.access_key_id.starts_with("AKIA"));
  EXPECT_EQ(key.access_key_id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string::npos);
  EXPECT_EQ(key.secret.size(), 40U);
  EXPECT_NE(key.access_key_id, iam_.create_access_key("backup").value().access_key_id);
}

TEST_F(IamTest, AThirdKeyIsRefusedEvenIfOneIsInactive) {
  const IamKey first = iam_.create_access_key("backup").value();
  ASSERT_TRUE(iam_.create_access_key("backup"));
  ASSERT_TRUE(iam_.update_access_key("backup", first.access_key_id, KeyStatus::inactive));
  const auto third = iam_.create_access_key("backup");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, "LimitExceeded");
  EXPECT_EQ(third.error().http_status, 409);
  ASSERT_TRUE(iam_.delete_access_key("backup", first.access_key_id));
  EXPECT_TRUE(iam_.create_access_key("backup"));
}

TEST_F(IamTest, UnknownUsersAndKeysAreNamed) {
  EXPECT_EQ(iam_.create_access_key("nobody").error().message, "The user with name nobody cannot be found.");
  EXPECT_EQ(iam_.delete_access_key("backup", "AKIAX").error().code, "NoSuchEntity");
  iam_.add_user("other", {});
  const IamKey key = iam_.create_access_key("other").value();
  EXPECT_FALSE(iam_.delete_access_key("backup", key.access_key_id));  // another user's key
}

TEST_F(IamTest, ANewKeyIsListedAndWorksOnlyAfterPropagation) {
  iam_.configure(
      {.list_delay = seconds(2), .usable_delay = seconds(5), .status_delay = {}, .last_used_lag = {}});
  const IamKey key = iam_.create_access_key("backup").value();
  EXPECT_TRUE(iam_.list_access_keys("backup").value().keys.empty());
  EXPECT_EQ(iam_.authenticate(key.access_key_id).state, KeyState::propagating);
  clock_.advance(seconds(2));
  ASSERT_EQ(iam_.list_access_keys("backup").value().keys.size(), 1U);
  EXPECT_TRUE(iam_.list_access_keys("backup").value().keys[0].secret.empty());
  EXPECT_FALSE(iam_.works(key.access_key_id, key.secret));
  clock_.advance(seconds(3));
  EXPECT_TRUE(iam_.works(key.access_key_id, key.secret));
  EXPECT_FALSE(iam_.works(key.access_key_id, key.secret + "x"));
}

TEST_F(IamTest, AStatusTakesEffectLater) {
  iam_.configure({.list_delay = {}, .usable_delay = {}, .status_delay = seconds(10), .last_used_lag = {}});
  const IamKey key = iam_.create_access_key("backup").value();
  ASSERT_TRUE(iam_.update_access_key("backup", key.access_key_id, KeyStatus::inactive));
  EXPECT_EQ(iam_.key(key.access_key_id)->status, KeyStatus::inactive);
  EXPECT_TRUE(iam_.works(key.access_key_id, key.secret));
  clock_.advance(seconds(10));
  EXPECT_EQ(iam_.authenticate(key.access_key_id).state, KeyState::inactive);
  ASSERT_TRUE(iam_.update_access_key("backup", key.access_key_id, KeyStatus::active));
  EXPECT_FALSE(iam_.works(key.access_key_id, key.secret));
  clock_.advance(seconds(10));
  EXPECT_TRUE(iam_.works(key.access_key_id, key.secret));
}

TEST_F(IamTest, LastUsedDataLags) {
  iam_.configure({.list_delay = {}, .usable_delay = {}, .status_delay = {}, .last_used_lag = seconds(60)});
  const std::string id = iam_.create_access_key("backup").value().access_key_id;
  EXPECT_FALSE(iam_.get_access_key_last_used(id).value().use);
  iam_.record_use(id, "s3", "eu-west-1");
  clock_.advance(seconds(30));
  iam_.record_use(id, "sts", "us-east-1");
  EXPECT_FALSE(iam_.get_access_key_last_used(id).value().use);
  clock_.advance(seconds(30));
  iam_.record_use(id, "s3", "us-west-2");
  EXPECT_EQ(iam_.get_access_key_last_used(id).value().use->region, "eu-west-1");
  clock_.advance(seconds(90));
  EXPECT_EQ(iam_.get_access_key_last_used(id).value().use->region, "us-west-2");
  EXPECT_EQ(iam_.key(id)->last_used->region, "us-west-2");
}

TEST_F(IamTest, KeysComeInPages) {
  const auto now = clock_.now();
  for (int i = 0; i < 5; ++i) iam_.add_key("backup", now);
  std::set<std::string> seen;
  std::string marker;
  int pages = 0;
  do {
    const auto page = iam_.list_access_keys("backup", marker, 2).value();
    for (const auto& key : page.keys) seen.insert(key.access_key_id);
    marker = page.marker;
    ++pages;
  } while (!marker.empty());
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(pages, 3);
}

TEST_F(IamTest, OddSecretsComeOnDemand) {
  iam_.make_next_secrets_odd(1, ':');
  EXPECT_NE(iam_.create_access_key("backup").value().secret.find(':'), std::string::npos);
  EXPECT_EQ(iam_.create_access_key("backup").value().secret.find(':'), std::string::npos);
}

TEST_F(IamTest, SessionCredentialsExpire) {
  iam_.add_role("rotator", {{true, "iam:*", "*"}});
  EXPECT_EQ(iam_.assume_role("unknown", "s", seconds(900)).error().code, "AccessDenied");
  const auto session = iam_.assume_role("rotator", "night", seconds(900)).value();
  const Caller caller = iam_.authenticate(session.access_key_id);
  EXPECT_EQ(caller.state, KeyState::usable);
  EXPECT_EQ(caller.arn, "arn:aws:sts::111122223333:assumed-role/rotator/night");
  EXPECT_FALSE(caller.session_token.empty());
  clock_.advance(seconds(900));
  EXPECT_EQ(iam_.authenticate(session.access_key_id).state, KeyState::expired);
}

TEST(AccessPolicy, DenyWinsAndNothingIsAllowedBySilence) {
  const AccessPolicy policy{{true, "s3:*", "bucket*"}, {false, "s3:DeleteObject", "*"}};
  EXPECT_TRUE(allows(policy, "s3:PutObject", "bucket/key"));
  EXPECT_FALSE(allows(policy, "s3:DeleteObject", "bucket/key"));
  EXPECT_FALSE(allows(policy, "s3:PutObject", "other/key"));
  EXPECT_FALSE(allows(policy, "iam:CreateAccessKey", "bucket"));
}

TEST(Wildcards, MatchAsEc2AndIamMatch) {
  EXPECT_TRUE(matches_wildcard("*", ""));
  EXPECT_TRUE(matches_wildcard("a*c", "abbc"));
  EXPECT_TRUE(matches_wildcard("a*b*c", "a1b2b3c"));
  EXPECT_TRUE(matches_wildcard("?22", "022"));
  EXPECT_FALSE(matches_wildcard("a*c", "abcd"));
  EXPECT_FALSE(matches_wildcard("", "x"));
}

}  // namespace
}  // namespace keyturn::sim
