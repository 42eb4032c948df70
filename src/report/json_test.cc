#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/findings.h"
#include "report/samples_for_test.h"

namespace keyturn::report {
namespace {

using nlohmann::json;

const Heading kRotate{"rotate", "0.1.0"};

std::vector<FindingsOf> sample_findings() {
  return {
      {"",
       {{"aws.clock", "this machine", Verdict::ok, "Its clock agrees with AWS's.", ""},
        {"aws.identity", "arn:aws:iam::111122223333:user/dba", Verdict::ok, "AWS knows the caller.", ""}}},
      {"default",
       {{"secret.credential", "sqlcredential", Verdict::failed,
         "The secret \"sqlcredential\" is scheduled for deletion.",
         "Keep it: `aws secretsmanager restore-secret --region us-east-1 --secret-id sqlcredential`."},
        {"target.version", "sql19", Verdict::warning, "SQL Server 15.0.4280.7 can't back up to S3.",
         "Upgrade it to SQL Server 2022 or later, or take it out of the fleet."},
        {"iam.key_slots", "sql-backups-user", Verdict::skipped,
         "What its keys are for is not known without the secret.", ""}}}};
}

// The examples beside the schemas are what the program writes; tests/cli holds them against the schemas. To
// write them anew after a change: KEYTURN_WRITE_EXAMPLES=1 keyturn_report_test
void expect_example(const std::string& file, const std::string& document) {
  const std::string path = KEYTURN_SOURCE_DIR "/docs/schemas/examples/" + file;
  if (std::getenv("KEYTURN_WRITE_EXAMPLES") != nullptr) std::ofstream(path) << document;
  std::ostringstream expected;
  expected << std::ifstream(path).rdbuf();
  EXPECT_EQ(document, expected.str()) << path;
}

TEST(Json, DocumentsAreAsTheExamplesShow) {
  expect_example("run.json", run_json(kRotate, {{"default", sample_run(), sample_login_run()},
                                                {"archive", fail(sample_error())}}));
  expect_example("plan.json", plan_json({"plan", "0.1.0"}, rotation::Command::rotate,
                                        {{"default", sample_plan(), sample_login_plan()}}));
  expect_example("status.json", status_json({"status", "0.1.0"}, {{"default", sample_plan()}}));
  expect_example("doctor.json", findings_json({"doctor", "0.1.0"}, sample_findings()));
  expect_example("error.json", error_json(kRotate, {{"", sample_error()}, {"archive", sample_error()}}));
}

TEST(Json, ExitStatusIsThatOfTheWorstRotation) {
  rotation::RunResult fine;
  const json document = json::parse(run_json(kRotate, {{"a", fine}, {"b", sample_run()}}));
  EXPECT_EQ(document["outcome"], "incomplete");
  EXPECT_EQ(document["exit_status"], 3);
  EXPECT_EQ(document["rotations"][0]["outcome"], "done");
  EXPECT_TRUE(document["rotations"][0]["after"].is_null());
}

TEST(Json, TheLoginsOutcomeCountsToo) {
  rotation::RunResult fine;
  const json document = json::parse(run_json(kRotate, {{"a", fine, sample_login_run()}}));
  EXPECT_EQ(document["outcome"], "incomplete");
  EXPECT_EQ(document["rotations"][0]["outcome"], "done");
}

TEST(Json, ForeignBytesDoNotThrow) {
  rotation::RunResult run;
  run.reason = "server said \xff\xfe";
  EXPECT_TRUE(json::accept(run_json(kRotate, {{"a", run}})));
}

TEST(Outcome, TheOneThatNeedsAPersonMostWins) {
  using rotation::Outcome;
  const std::vector<Outcome> order{Outcome::bad_usage,   Outcome::failed,     Outcome::blocked,
                                   Outcome::another_run, Outcome::incomplete, Outcome::done};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < order.size(); ++j)
      EXPECT_EQ(worst_of(order[i], order[j]), order[std::min(i, j)]);
}

TEST(Outcome, OfSetupErrors) {
  EXPECT_EQ(outcome_of(SetupErrors{{"", sample_error()}}), rotation::Outcome::bad_usage);
  EXPECT_EQ(outcome_of(SetupErrors{{"", {ErrorKind::unavailable, Effect::none, "", "No network.", ""}}}),
            rotation::Outcome::failed);
}

}  // namespace
}  // namespace keyturn::report
