// Every right in AWS that keyturn needs: one table, which the policies of `keyturn render policy`, of the
// templates, docs/aws-permissions.md and the tests are made from. Pure functions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace keyturn::render {

// Whose right it is.
enum class Role {
  controller,   // who runs rotate, reconcile …: the functions, or a person or machine elsewhere
  host,         // the instance profile's role, over Systems Manager
  backup_user,  // whose access key SQL Server backs up with
};
const char* to_string(Role role);  // "controller", "host", "backup-user"

// What of keyturn needs it.
enum class Need {
  always,
  instances,     // [rotation.fleet] ec2_tags
  ssm,           // [rotation.fleet] via = "ssm"
  direct,        // via = "direct", with a SQL login
  kms,           // the secrets are encrypted by a KMS key of one's own
  functions,     // keyturn runs in Lambda
  vpc,           // … in a network of one's own
  package,       // hosts fetch keyturn from S3
  rotate_login,  // [sql] rotate_login = true
  proof_backup,
  restore,  // SQL Server restores with the same key
};
const char* to_string(Need need);  // "always", "ssm", "rotate-login" …

struct RightCondition {
  std::string op;  // "StringEquals"
  std::string key;
  std::string value;
};

// One statement of a policy. In the table its texts hold {placeholders}.
struct Right {
  Role role = Role::controller;
  Need need = Need::always;
  std::string sid;
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  std::vector<RightCondition> conditions;  // all of them must hold
  std::string why;                         // whole sentences
  bool allow = true;
};

const std::vector<Right>& rights_table();

// By placeholder, without braces: account, bucket, credential_secret, dns_suffix, document, functions (what
// their names begin with), instance, kms_key, login_secret, managed_instance, object_prefix (of backups:
// "bucket/path/"), package ("bucket/key"), partition, password_secret, region, tag_key, tag_value,
// url_secret, user, user_path, user_secret.
using RightValues = std::map<std::string, std::vector<std::string>>;

// The role's rights, without placeholders. A text is there once for each value of its placeholder; tag_key
// and tag_value go in pairs. A value that is an ARN is the whole resource. A resource whose placeholder has
// no value is left out, and with its last resource, or where a condition's has none, the right.
std::vector<Right> filled_rights(Role role, const std::set<Need>& needs, const RightValues& values);

// IAM's JSON, indented; at its end a newline.
std::string policy_json(const std::vector<Right>& rights);

// The same as a list of {"role", "need", "why", "statement"}.
std::string rights_json(const std::vector<Right>& rights);

}  // namespace keyturn::render
