#include "sim/access_policy.h"

#include <gtest/gtest.h>

#include "sim/rights_log.h"

namespace keyturn::sim {
namespace {

AccessPolicy parsed(const std::string& statement) {
  const auto policy = parse_access_policy(R"({"Version": "2012-10-17", "Statement": [)" + statement + "]}");
  EXPECT_TRUE(policy) << policy.error().message;
  return *policy;
}

TEST(AccessPolicyDocument, ActionsAndResourcesAreEachWithEach) {
  const auto policy = parsed(
      R"({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::a/*",
             "arn:aws:s3:::b/x-??"]})");
  EXPECT_TRUE(allows(policy, "s3:GetObject", "arn:aws:s3:::a/k"));
  EXPECT_TRUE(allows(policy, "s3:PutObject", "arn:aws:s3:::b/x-12"));
  EXPECT_FALSE(allows(policy, "s3:PutObject", "arn:aws:s3:::b/x-123"));
  EXPECT_FALSE(allows(policy, "s3:DeleteObject", "arn:aws:s3:::a/k"));
  EXPECT_FALSE(allows(policy, "s3:GetObject", "*")) << "a named resource does not cover all";
}

TEST(AccessPolicyDocument, AConditionMustHold) {
  const auto policy = parsed(R"({"Effect": "Allow", "Action": "ssm:SendCommand", "Resource": "*",
      "Condition": {"StringEquals": {"ssm:resourceTag/SQL": ["2022", "2025"], "aws:RequestedRegion": "x"}}})");
  const auto may = [&](const AccessContext& context) {
    return allows(policy, "ssm:SendCommand", "arn:i", context);
  };
  EXPECT_TRUE(may({{"ssm:resourceTag/SQL", {"2025"}}, {"aws:RequestedRegion", {"x"}}}));
  EXPECT_FALSE(may({{"ssm:resourceTag/SQL", {"2019"}}, {"aws:RequestedRegion", {"x"}}}));
  EXPECT_FALSE(may({{"aws:RequestedRegion", {"x"}}})) << "an instance without the tag";
}

TEST(AccessPolicyDocument, ForAllValuesHoldsOfEachOfThem) {
  const auto policy = parsed(R"({"Effect": "Allow", "Action": "s:Tag", "Resource": "*",
      "Condition": {"ForAllValues:StringLike": {"aws:TagKeys": "keyturn:intent:*"}}})");
  EXPECT_TRUE(allows(policy, "s:Tag", "*", {{"aws:TagKeys", {"keyturn:intent:1", "keyturn:intent:2"}}}));
  EXPECT_FALSE(allows(policy, "s:Tag", "*", {{"aws:TagKeys", {"keyturn:intent:1", "owner"}}}));
  EXPECT_TRUE(allows(policy, "s:Tag", "*", {}));
}

TEST(AccessPolicyDocument, ADenialWinsWhereItsConditionHolds) {
  const auto policy = parsed(
      R"({"Effect": "Allow", "Action": "s:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s:Drop", "Resource": "*",
      "Condition": {"ArnLike": {"k": "arn:a:*"}}})");
  EXPECT_FALSE(allows(policy, "s:Drop", "*", {{"k", {"arn:a:1"}}}));
  EXPECT_TRUE(allows(policy, "s:Drop", "*", {{"k", {"arn:b:1"}}}));
}

TEST(AccessPolicyDocument, WhatIsNotSimulatedIsRefusedRatherThanIgnored) {
  for (
      const char* statement :
      {R"({"Effect": "Allow", "NotAction": "s:Drop", "Resource": "*"})",
       R"({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "1"}}})",
       R"({"Effect": "Allow", "Resource": "*"})", "7"})
    EXPECT_FALSE(parse_access_policy(std::string(R"({"Statement": [)") + statement + "]}")) << statement;
  EXPECT_FALSE(parse_access_policy("not JSON"));
}

TEST(RightsLog, KnowsRolesBySession) {
  EXPECT_EQ(identity_of("arn:aws:sts::1:assumed-role/keyturn-host/i-1"), "role/keyturn-host");
  EXPECT_EQ(identity_of("arn:aws:iam::1:user/backup"), "user/backup");
}

}  // namespace
}  // namespace keyturn::sim
