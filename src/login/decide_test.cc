// The table of docs/login.md, row by row.
#include "login/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace keyturn::login {
namespace {

using namespace std::chrono_literals;
using rotation::Outcome;
using rotation::Standing;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimePoint kNow{std::chrono::days{20'000}};

class LoginDecide : public testing::Test {
 protected:
  LoginDecide() {
    world_.began_at = kNow;
    world_.secret.name = "sqlpass";
    add_version("v1", {Stage::current}, 24h);
  }
  void add_version(const VersionId& id, std::set<Stage> stages, Duration age) {
    world_.secret.versions.push_back({id, std::move(stages), kNow - age, std::nullopt});
  }
  void stages(std::set<Stage> v1, std::set<Stage> v2) {
    world_.secret.versions.clear();
    add_version("v1", std::move(v1), 24h);
    add_version("v2", std::move(v2), 2h);
  }
  rotation::TargetState& add(const TargetName& name, const VersionId& version) {
    rotation::TargetState target;
    target.name = name;
    target.standing = version.empty() ? Standing::unreachable : Standing::updatable;
    target.login_version = version;
    world_.targets.push_back(target);
    return world_.targets.back();
  }
  Decision decide_it() { return decide(policy_, world_, memory_); }
  template <class T>
  T expect(int row) {
    const Decision decision = decide_it();
    EXPECT_EQ(decision.row, row) << decision.reason;
    const T* action = std::get_if<T>(&decision.action);
    EXPECT_NE(action, nullptr) << name_of(decision.action) << ": " << decision.reason;
    return action == nullptr ? T{} : *action;
  }

  Policy policy_;
  World world_;
  Memory memory_;
};

TEST_F(LoginDecide, Row1ALabelThatIsLeftOverGoes) {
  world_.secret.versions.clear();
  add_version("v2", {Stage::current, Stage::pending}, 1h);
  EXPECT_EQ(expect<DropLabel>(1).version, "v2");
}

TEST_F(LoginDecide, Row2ACanaryGoesFirstThenWaves) {
  stages({Stage::current}, {Stage::pending});
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) add(name, "v1");
  policy_.canaries = {"c"};
  const auto first = expect<Change>(2);
  EXPECT_THAT(first.targets, ElementsAre("c"));
  EXPECT_EQ(first.version, "v2");
  EXPECT_EQ(first.stage, Stage::pending);
  world_.targets[2].login_version = "v2";
  EXPECT_THAT(expect<Change>(2).targets, ElementsAre("a", "b"));  // 25 % of eight
}

TEST_F(LoginDecide, Row2ATargetOnAWSPREVIOUSIsBroughtAlong) {
  stages({Stage::current}, {Stage::pending});
  add_version("v0", {Stage::previous}, 48h);
  add("a", "v2");
  add("b", "v0");
  EXPECT_THAT(expect<Change>(2).targets, ElementsAre("b"));
}

TEST_F(LoginDecide, Row2HaltsPastTheErrorsAllowedAndPromotesNothing) {
  stages({Stage::current}, {Stage::pending});
  for (const char* name : {"a", "b", "c", "d"}) add(name, "v1");
  memory_.failed = {{"a", {1, "No."}}, {"b", {1, "No."}}};
  EXPECT_EQ(expect<Stop>(2).outcome, Outcome::incomplete);
  EXPECT_THAT(decide_it().laggards, SizeIs(4));
}

TEST_F(LoginDecide, Row2ATargetThatRefusesHoldsThePromotionUpAndLosesNothing) {
  stages({Stage::current}, {Stage::pending});
  add("a", "v2");
  add("b", "v1");
  memory_.failed["b"] = {kAttempts, "Its policy refuses."};
  EXPECT_EQ(expect<Stop>(2).outcome, Outcome::incomplete);
  ASSERT_THAT(decide_it().laggards, SizeIs(1));
  EXPECT_EQ(decide_it().laggards[0].reason, "Its policy refuses.");
}

TEST_F(LoginDecide, Row3AllThatCouldBeReachedAreOnIt) {
  stages({Stage::current}, {Stage::pending});
  add("a", "v2");
  add("b", "");
  const auto promotion = expect<Promote>(3);
  EXPECT_EQ(promotion.from, "v1");
  EXPECT_EQ(promotion.to, "v2");
}

TEST_F(LoginDecide, Row3WithoutAnyTargetItStaysPending) {
  stages({Stage::current}, {Stage::pending});
  add("a", "");
  EXPECT_EQ(expect<Stop>(3).outcome, Outcome::incomplete);
}

TEST_F(LoginDecide, Row4ATargetThatComesBackIsBroughtToTheCurrentOne) {
  stages({Stage::previous}, {Stage::current});
  add("a", "v2");
  add("b", "v1");
  memory_.asked = true;
  const auto change = expect<Change>(4);
  EXPECT_THAT(change.targets, ElementsAre("b"));
  EXPECT_EQ(change.version, "v2");
  EXPECT_EQ(change.stage, Stage::current);
  memory_.failed["b"] = {kAttempts, "No."};
  EXPECT_EQ(expect<Stop>(4).outcome, Outcome::incomplete);  // and no new password is made
}

TEST_F(LoginDecide, Row5ANewPasswordIsMadeWhenAskedForOrOld) {
  add("a", "v1");
  EXPECT_EQ(expect<Stop>(6).outcome, Outcome::done);
  memory_.asked = true;
  expect<Put>(5);
  memory_.asked = false;
  world_.secret.versions[0].created_at = kNow - policy_.max_age;
  expect<Stop>(6);
  world_.secret.versions[0].created_at -= 1s;
  expect<Put>(5);
}

TEST_F(LoginDecide, Row5TheSameLabelsGiveTheSameTokenAndOthersAnother) {
  add("a", "v1");
  memory_.asked = true;
  const VersionId token = expect<Put>(5).token;
  add_version("v0", {}, 99h);  // forgotten versions play no part
  EXPECT_EQ(expect<Put>(5).token, token);
  add_version("v00", {Stage::previous}, 99h);
  EXPECT_NE(expect<Put>(5).token, token);
}

TEST_F(LoginDecide, Row5OneUnseenTargetIsEnoughForNoNewPassword) {
  add("a", "v1");
  add("gone", "");
  memory_.asked = true;
  EXPECT_EQ(expect<Stop>(5).outcome, Outcome::incomplete);
  EXPECT_THAT(decide_it().pending_work, ElementsAre(HasSubstr("gone")));
  memory_.asked = false;
  world_.secret.versions[0].created_at = kNow - 2 * policy_.max_age;
  EXPECT_EQ(expect<Stop>(5).outcome, Outcome::done);
  EXPECT_THAT(decide_it().pending_work, ElementsAre(HasSubstr("gone")));
}

TEST_F(LoginDecide, Row5NotTwiceWithinTheRest) {
  stages({Stage::previous}, {Stage::current});
  world_.secret.versions[1].created_at = kNow - kRest + 1s;
  add("a", "v2");
  memory_.asked = true;
  expect<Stop>(6);
  world_.secret.versions[1].created_at = kNow - kRest;
  expect<Put>(5);
  memory_.rotated = true;
  expect<Stop>(6);
}

TEST_F(LoginDecide, SkippedTargetsTakePartOnlyWhereTheyAreLoggedInTo) {
  stages({Stage::current}, {Stage::pending});
  add("a", "v2");
  add("passive node", "").standing = Standing::skipped;
  add("too old for S3", "v1").standing = Standing::skipped;
  EXPECT_THAT(expect<Change>(2).targets, ElementsAre("too old for S3"));
}

TEST_F(LoginDecide, TargetsWithoutAPasswordTakeNoPart) {
  add("windows", "").standing = Standing::updatable;
  memory_.asked = true;
  EXPECT_EQ(expect<Stop>(6).outcome, Outcome::done);
  EXPECT_THAT(decide_it().pending_work, IsEmpty());
}

TEST_F(LoginDecide, WithoutAVersionInForceItFails) {
  world_.secret.versions.clear();
  EXPECT_EQ(expect<Stop>(6).outcome, Outcome::failed);
}

}  // namespace
}  // namespace keyturn::login
