#include "doctor/keys.h"

#include <gmock/gmock.h>

namespace keyturn::doctor {
namespace {

using rotation::AccessKey;
using rotation::KeyStatus;
using rotation::SecretState;
using rotation::Stage;
using testing::HasSubstr;

constexpr const char* kOne = "AKIAONEONEONEONEONE1";
constexpr const char* kTwo = "AKIATWOTWOTWOTWOTWO2";

SecretState state() {
  SecretState state;
  state.name = "sqlcredential";
  state.versions = {{"v1", {Stage::current}, {}, kOne}};
  return state;
}

AccessKey key(const std::string& id, KeyStatus status = KeyStatus::active) { return {id, status, {}, {}}; }

const Finding& of(const Findings& findings, const std::string& check) {
  for (const Finding& finding : findings)
    if (finding.check == check) return finding;
  static const Finding kNone{"none", "", Verdict::skipped, "", ""};
  return kNone;
}

TEST(Keys, TheCurrentOneMustBeThereAndActive) {
  EXPECT_EQ(of(judge_keys("u", {key(kOne)}, state()), "iam.current_key").verdict, Verdict::ok);
  EXPECT_EQ(of(judge_keys("u", {}, state()), "iam.current_key").verdict, Verdict::failed);
  const Finding inactive = of(judge_keys("u", {key(kOne, KeyStatus::inactive)}, state()), "iam.current_key");
  EXPECT_EQ(inactive.verdict, Verdict::failed);
  EXPECT_THAT(inactive.mend, HasSubstr("--status Active"));
}

TEST(Keys, APlaceholderIsNoCurrentKey) {
  SecretState placeholder = state();
  placeholder.versions[0].key_id.reset();
  const Findings findings = judge_keys("u", {}, placeholder);
  EXPECT_EQ(of(findings, "iam.current_key").check, "none");
  EXPECT_EQ(of(findings, "iam.key_slots").verdict, Verdict::ok);
}

TEST(Keys, AKeyThatNoVersionNamesTakesASlot) {
  SecretState known = state();
  const std::vector<AccessKey> both{key(kOne), key(kTwo)};
  const Finding full = of(judge_keys("u", both, known), "iam.key_slots");
  EXPECT_EQ(full.verdict, Verdict::failed);
  EXPECT_THAT(full.mend, HasSubstr(kTwo));
  known.intents = {{"run", {}, {kOne}}};
  EXPECT_EQ(of(judge_keys("u", both, known), "iam.key_slots").verdict, Verdict::warning);
  known.versions.push_back({"v0", {Stage::previous}, {}, kTwo});
  EXPECT_EQ(of(judge_keys("u", both, known), "iam.key_slots").verdict, Verdict::ok);
}

}  // namespace
}  // namespace keyturn::doctor
