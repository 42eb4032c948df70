// What a lab is made of: lab.toml (docs/lab.md), or the default fleet of a dozen varied targets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "sim/iam.h"

namespace keyturn::lab {

enum class Encryption { off, on, not_supported };  // what the server says in PRELOGIN

struct LabTarget {
  std::string name;      // unique; letters, digits, '-', '_' and '.'
  std::string machine;   // empty: the name in capitals. Targets of one machine share an EC2 instance
  std::string instance;  // empty: the default instance
  std::string product_version = "16.0.4085.2";
  std::string edition = "Enterprise Edition (64-bit)";
  std::string platform = "linux";  // or "windows", whose steps need Wine
  bool cluster = false;
  bool running = true;             // at first
  std::int64_t clock_ahead_s = 0;  // of the server's clock
  std::uint16_t port = 0;          // 0: a free one
  Encryption encryption = Encryption::off;
  std::vector<std::string> databases{"db1"};
  // Names of the S3 credentials that hold the current key at first; unset: the bucket URL alone.
  std::optional<std::vector<std::string>> credentials;
  std::set<std::string> permissions{"ALTER ANY CREDENTIAL", "VIEW SERVER STATE",
                                    "BACKUP DATABASE"};      // of the rotation's login
  std::map<std::string, std::string> tags{{"SQL", "2022"}};  // of the EC2 instance
  std::optional<bool> backups;  // unset: where the server can back up to S3 and has a credential for it

  // SQL Server 2022 or later, and neither Express nor older: what can write to S3.
  [[nodiscard]] bool can_back_up_to_s3() const;
};

struct LabConfig {
  std::string region = "us-east-1";
  std::string iam_user = "sql-backups-user";
  std::string bucket = "sql-backups-2022";
  std::string path = "backups";  // below the bucket
  bool placeholder_secret =
      false;  // the blog's first state: sqlcredential says AAA:bbbbbb, nothing has a key
  sim::IamSettings iam{std::chrono::seconds{1}, std::chrono::seconds{1}, std::chrono::seconds{1},
                       Duration{0}};
  Duration credentials_lifetime = std::chrono::hours{1};  // of the hosts' role
  int untagged_instances = 2;                             // EC2 instances without any tag, listed first
  std::string sql_user = "cred-rotation-user";
  std::string sql_password;  // empty: drawn at random
  bool backups = true;       // run from the start
  Duration backup_interval = std::chrono::seconds{1};
  Duration backup_duration{300};
  std::string lambda_package;  // the zip of the functions; empty: the keyturn of the hosts, as it is
  bool schedules = false;      // are the schedule and the rule for instances that start enabled at first?
  std::int64_t schedule_speed = 1;            // their time passes so many times faster
  std::map<std::string, std::string> policy;  // of the keyturn configuration that the lab writes; TOML values
  std::vector<LabTarget> targets;
  bool is_default_fleet = true;  // nobody named other targets

  [[nodiscard]] std::string bucket_url() const;      // "s3://BUCKET.s3.REGION.amazonaws.com/PATH"
  [[nodiscard]] std::string path_style_url() const;  // "s3://s3.REGION.amazonaws.com/BUCKET/PATH"
};

// A dozen targets and short times, so that one can watch a key's whole life in about a minute.
LabConfig default_lab_config();

std::vector<LabTarget> default_targets(const LabConfig& config);

// One machine of the default fleet becomes a Windows host, the one with several instances: SQL02.
void give_default_fleet_a_windows_host(LabConfig& config);

// Settings that are left out keep their defaults; [[target]] tables replace the default fleet. Errors name
// file, line and setting (ErrorKind::usage).
Result<LabConfig> load_lab_config(const std::string& file);
Result<LabConfig> parse_lab_config(const std::string& text, const std::string& source);

// Refuses what can't be a target: the sentence says which setting is wrong.
Result<void> check(const LabTarget& target);

// SQL Server's names of instances know no case.
bool same_instance(const std::string& one, const std::string& other);

}  // namespace keyturn::lab
