#include "doctor/documents.h"

#include <gtest/gtest.h>

#include "doctor/ssm.h"
#include "render/ssm_command.h"

namespace keyturn::doctor {
namespace {

TEST(Documents, DefaultsAreEachAccountsOwn) {
  const auto plain = render::ssm_command_document({});
  render::SsmCommandSettings settings;
  settings.credential_secret = "another";
  settings.execution_timeout = std::chrono::seconds{77};
  const auto other = render::ssm_command_document(settings);
  ASSERT_TRUE(plain && other);
  EXPECT_NE(*plain, *other);
  EXPECT_TRUE(same_document(*plain, *other));
}

TEST(Documents, AChangedStepOrPatternIsSeen) {
  const std::string one = R"({"parameters":{"A":{"default":"x","allowedPattern":"^x$"}},"mainSteps":[1]})";
  EXPECT_TRUE(same_document(one, R"({"mainSteps":[1], "parameters":{"A":{"allowedPattern":"^x$"}}})"));
  EXPECT_FALSE(same_document(one, R"({"parameters":{"A":{"allowedPattern":".*"}},"mainSteps":[1]})"));
  EXPECT_FALSE(same_document(one, R"({"parameters":{"A":{"allowedPattern":"^x$"}},"mainSteps":[2]})"));
  EXPECT_FALSE(same_document("no json", "no json"));
}

TEST(Agents, AnOldMajorVersionIsOld) {
  EXPECT_TRUE(is_old_agent("2.3.1319.0"));
  EXPECT_FALSE(is_old_agent("3.0.0.0"));
  EXPECT_FALSE(is_old_agent("10.1"));
  EXPECT_FALSE(is_old_agent(""));
}

}  // namespace
}  // namespace keyturn::doctor
