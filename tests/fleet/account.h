// An account as the blog leaves it, in virtual time, and keyturn's clients for it.
#pragma once

#include <memory>
#include <string>

#include "aws/aws_context.h"
#include "fleet/ssm_fleet.h"
#include "rotation/engine.h"
#include "sim/virtual_clock.h"
#include "sim/world_transport.h"

namespace keyturn::test {

inline constexpr const char* kDocument = "SQL-Credentials-UpdateCreds";
inline constexpr const char* kBackupUser = "sql-backups-user";
inline constexpr const char* kBucketUrl = "s3://sql-backups.s3.us-east-1.amazonaws.com/sql";

class Account {
 public:
  Account();

  // An EC2 instance with the tag SQL=2022 whose agent is online. Returns its id.
  std::string add_host(const std::string& name, const std::string& platform = "Linux");
  // A client of its own: `role` is empty (the operator, who may do anything), or one of IAM's.
  [[nodiscard]] aws::AwsContext connect(const std::string& access_key_id, const std::string& secret,
                                        net::HttpTransport& over);

  fleet::SsmFleetSettings settings;
  fleet::SsmFleet fleet(fleet::ProgressSink progress = {});
  rotation::RunResult run(rotation::Fleet& fleet, rotation::Command command,
                          const rotation::RunOptions& options = {});
  [[nodiscard]] std::string key_at(const std::string& stage);  // that the secret's version there names
  [[nodiscard]] int calls(const std::string& operation);       // that were made so far

  sim::VirtualClock clock{parse_iso8601("2026-03-01T12:00:00Z").value()};
  SeededRandom random{7};
  sim::World world{clock, random};
  sim::WorldTransport transport{world};
  StopFlag stop;
  rotation::Policy policy;

 private:
  const sim::Caller operator_;

 public:
  const aws::AwsContext aws;
  const aws::Ssm ssm;
  const aws::Ec2 ec2;
};

}  // namespace keyturn::test
