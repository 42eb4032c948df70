#include "report/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace keyturn::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<FindingsOf> sample() {
  return {{"", {{"identity", "arn:aws:iam::1:user/me", Verdict::ok, "AWS knows the caller.", "never shown"}}},
          {"default",
           {{"secret.credential", "sqlcredential", Verdict::failed, "It is\x1b[2Jnot there.", "aws make-it"},
            {"target.version", "sql19", Verdict::warning, "Too old.", ""},
            {"target", "sql01", Verdict::skipped, "Not looked at.", ""}}}};
}

TEST(Findings, AFailureAloneMakesTheRunFail) {
  auto all = sample();
  EXPECT_EQ(outcome_of(all), rotation::Outcome::failed);
  all[1].findings.erase(all[1].findings.begin());
  EXPECT_EQ(outcome_of(all), rotation::Outcome::done);
}

TEST(Findings, TextHasALineEachWhatMendsItAndCounts) {
  const std::string text = findings_text(sample(), {});
  EXPECT_THAT(text,
              HasSubstr("this machine and account\n  ok       identity arn:aws:iam::1:user/me: AWS knows"));
  EXPECT_THAT(text, Not(HasSubstr("never shown")));
  EXPECT_THAT(text, HasSubstr("rotation default\n  failed   secret.credential sqlcredential: It is?[2Jnot "
                              "there.\n           aws make-it\n"));
  EXPECT_THAT(text, HasSubstr("\n1 failed, 1 warning, 1 skipped, 1 ok.\n"));
  EXPECT_THAT(text, Not(HasSubstr("\033")));
  EXPECT_THAT(findings_text(sample(), {true, 0}), HasSubstr("\033[1;31mfailed\033[0m"));
}

TEST(Findings, JsonSaysTheSame) {
  const auto json = nlohmann::json::parse(findings_json({"doctor", "0.1.0"}, sample()));
  EXPECT_EQ(json["exit_status"], 1);
  EXPECT_EQ(json["counts"]["skipped"], 1);
  EXPECT_TRUE(json["groups"][0]["rotation"].is_null());
  EXPECT_EQ(json["groups"][1]["findings"][0]["mend"], "aws make-it");
  EXPECT_TRUE(json["groups"][1]["findings"][1]["mend"].is_null());
}

}  // namespace
}  // namespace keyturn::report
