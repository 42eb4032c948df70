#include "doctor/rights.h"

#include <gmock/gmock.h>

namespace keyturn::doctor {
namespace {

using testing::HasSubstr;

render::Right statement() {
  render::Right right;
  right.sid = "TurnTheKey";
  right.actions = {"iam:ListAccessKeys", "iam:CreateAccessKey"};
  right.resources = {"arn:aws:iam::1:user/u"};
  right.why = "A rotation makes a key.";
  return right;
}

Findings judged(Allowed tried, Allowed list_simulated, Allowed create_simulated) {
  return judge_statement(statement(),
                         {{"iam:ListAccessKeys", tried, list_simulated},
                          {"iam:CreateAccessKey", Allowed::unknown, create_simulated}},
                         "", "arn:aws:iam::1:user/me");
}

TEST(Rights, OneLineForAllThatIsAllowed) {
  const Findings findings = judged(Allowed::yes, Allowed::yes, Allowed::yes);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].subject, "TurnTheKey");
  EXPECT_EQ(findings[0].verdict, Verdict::ok);
}

TEST(Rights, AMissingOneIsNamedWithItsStatement) {
  const Findings findings = judged(Allowed::yes, Allowed::yes, Allowed::no);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].subject, "iam:CreateAccessKey");
  EXPECT_EQ(findings[1].verdict, Verdict::failed);
  EXPECT_THAT(findings[1].message, HasSubstr("arn:aws:iam::1:user/u. A rotation makes a key."));
  EXPECT_THAT(findings[1].mend, HasSubstr("TurnTheKey"));
}

TEST(Rights, WhatCantBeToldIsNoAlarm) {
  const Findings findings = judged(Allowed::yes, Allowed::unknown, Allowed::unknown);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].verdict, Verdict::skipped);
  EXPECT_THAT(findings[1].mend,
              HasSubstr("simulate-principal-policy --policy-source-arn arn:aws:iam::1:user/me "
                        "--action-names iam:CreateAccessKey"));
}

TEST(Rights, ACallThatWasMadeSaysMoreThanASimulation) {
  // It denies what was done just now (the user has a path, say): nor is its other answer to be trusted.
  const Findings findings = judged(Allowed::yes, Allowed::no, Allowed::no);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].verdict, Verdict::ok);
  EXPECT_EQ(findings[1].verdict, Verdict::skipped);
  EXPECT_EQ(judged(Allowed::no, Allowed::yes, Allowed::yes)[1].subject, "iam:ListAccessKeys");
}

TEST(Rights, ASessionsRoleIsAskedAbout) {
  EXPECT_EQ(principal_of("arn:aws:sts::111122223333:assumed-role/keyturn/session"),
            "arn:aws:iam::111122223333:role/keyturn");
  EXPECT_EQ(principal_of("arn:aws-cn:iam::1:user/path/me"), "arn:aws-cn:iam::1:user/path/me");
  EXPECT_EQ(principal_of("arn:aws:iam::1:root"), "");
}

}  // namespace
}  // namespace keyturn::doctor
