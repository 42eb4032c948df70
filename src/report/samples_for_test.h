// A rotation as it may go, for the tests of the documents and the text.
#pragma once

#include "report/report.h"

namespace keyturn::report {

inline TimePoint at_second(int second) {
  return *parse_iso8601("2026-01-02T03:00:00Z") + std::chrono::seconds{second};
}

inline rotation::TargetState confirmed_target(const std::string& name, const std::string& key) {
  rotation::TargetState target;
  target.name = name;
  target.standing = rotation::Standing::updatable;
  target.product_version = "16.0.4085.2";
  target.edition = "Enterprise Edition (64-bit)";
  target.credentials = {
      {"s3://backups.s3.eu-central-1.amazonaws.com/sql", true, at_second(30), key, at_second(30)}};
  target.backups = {{at_second(50)}};
  return target;
}

inline rotation::Observation sample_world(const std::string& current) {
  rotation::Observation world;
  world.began_at = at_second(60);
  world.user = "sql-backups-user";
  world.keys = {{"AKIAOLD", rotation::KeyStatus::active, at_second(-86400),
                 rotation::LastUsed{at_second(-60), "s3", "eu-central-1"}},
                {"AKIANEW", rotation::KeyStatus::active, at_second(10), std::nullopt}};
  world.secret.name = "sqlcredential";
  world.secret.stage_changed_at = at_second(40);
  world.secret.versions = {
      {"11111111-2222-8333-8444-555555555555", {rotation::Stage::current}, at_second(11), current},
      {"v-old", {rotation::Stage::previous}, at_second(-86400), "AKIAOLD"},
      {"v-placeholder", {}, at_second(-90000), std::nullopt}};
  world.secret.intents = {{"run-0", at_second(-600), {"AKIAOLD"}}};
  rotation::TargetState old = {};
  old.name = "sql19";
  old.standing = rotation::Standing::skipped;
  old.reason = "SQL Server 2019 can't back up to S3.";
  old.product_version = "15.0.2000.5";
  rotation::TargetState down;
  down.name = "sql03\\PAYROLL";
  down.standing = rotation::Standing::unreachable;
  down.reason = "sql03 refused the connection.";
  down.since = at_second(-3600);
  world.targets = {confirmed_target("sql01", current), old, down};
  world.targets[0].warnings = {
      "s3://backups.s3.eu-central-1.amazonaws.com/sql/hot shadows the managed credential."};
  return world;
}

inline rotation::RunResult sample_run() {
  rotation::RunResult run;
  run.run_id = "0b2f7a54-0d3c-4d7e-9a51-6c0e7f1f2a11";
  run.command = rotation::Command::rotate;
  run.started_at = at_second(0);
  run.ended_at = at_second(65);
  run.outcome = rotation::Outcome::incomplete;
  run.reason = "One target is not confirmed on AKIANEW.";
  run.hint = "Run `keyturn reconcile` when it is back.";
  rotation::Step create{at_second(9), at_second(11), 13, "create", "Rotation was asked for.",
                        "v-new",      "AKIANEW",     {}, {}};
  rotation::Step write{at_second(20),
                       at_second(31),
                       4,
                       "distribute",
                       "The canary comes first.",
                       "v-new",
                       "AKIANEW",
                       {{"sql01", ""}, {"sql03\\PAYROLL", "sql03 refused the connection."}},
                       {}};
  rotation::Step promote{
      at_second(39),
      at_second(40),
      5,
      "promote",
      "All reachable targets hold it.",
      "v-new",
      "AKIANEW",
      {},
      Error{ErrorKind::timed_out, Effect::unknown, "", "Secrets Manager did not answer in 60s.", ""}};
  run.steps = {create, write, promote};
  run.before = sample_world("AKIAOLD");
  run.after = sample_world("AKIANEW");
  run.blockers = {
      {9, "AKIAFOREIGN", "No version names AKIAFOREIGN, last used yesterday by s3.", "Delete it by hand."}};
  run.laggards = {{"sql03\\PAYROLL", "sql03 refused the connection.", at_second(-3600), false},
                  {"sql09", "It is stopped.", std::nullopt, true}};
  run.pending_work = {"AKIAOLD is deactivated after 2026-01-04T03:00:40Z."};
  return run;
}

inline rotation::Plan sample_plan() {
  rotation::Plan plan;
  plan.command = rotation::Command::rotate;
  plan.observation = sample_world("AKIANEW");
  plan.steps = {{13, "create", "Rotation was asked for.", "", {}},
                {4, "distribute", "The canary comes first.", "", {"sql01"}}};
  plan.outcome = rotation::Outcome::blocked;
  plan.reason = "A person must decide.";
  plan.blockers = sample_run().blockers;
  plan.laggards = sample_run().laggards;
  plan.pending_work = sample_run().pending_work;
  return plan;
}

inline rotation::SecretState sample_password() {
  rotation::SecretState secret;
  secret.name = "sqlpass";
  secret.versions = {{"p-old", {rotation::Stage::current}, at_second(-3000), std::nullopt},
                     {"p-new", {rotation::Stage::pending}, at_second(41), std::nullopt}};
  return secret;
}

inline login::Report sample_login_run() {
  login::Report login;
  login.outcome = rotation::Outcome::incomplete;
  login.reason = "sql03\\PAYROLL could not be given the new password.";
  login.steps = {
      {at_second(40), at_second(41), 5, "put_password", "A new password was asked for.", "p-new", "", {}, {}},
      {at_second(41),
       at_second(43),
       2,
       "change_password",
       "The new password goes to 2 of 2 targets that lack it.",
       "p-new",
       "",
       {{"sql01", ""}, {"sql03\\PAYROLL", "Its policy refuses."}},
       {}}};
  login.secret = sample_password();
  login.targets = {{"sql01", "p-new"}, {"sql03\\PAYROLL", "p-old"}};
  login.laggards = {{"sql03\\PAYROLL", "Its policy refuses.", std::nullopt, false}};
  return login;
}

inline login::Report sample_login_plan() {
  login::Report login;
  login.reason = "The new password goes to 1 of 1 targets that lack it.";
  login.next = rotation::PlannedStep{2, "change_password", login.reason, "", {"sql01"}};
  login.secret = sample_password();
  login.targets = {{"sql01", "p-old"}};
  login.pending_work = {"sql09 is brought to the password in force when it can be reached."};
  return login;
}

inline Error sample_error() {
  return {ErrorKind::not_found, Effect::none, "ResourceNotFoundException", "There is no secret \"iamuser\".",
          "Make it: `aws secretsmanager create-secret --name iamuser --secret-string USER`."};
}

}  // namespace keyturn::report
