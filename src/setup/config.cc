#include "setup/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/s3_url.h"
#include "base/path.h"
#include "setup/config_table.h"
#include "setup/fleet_config.h"
#include "setup/host_config.h"
#include "sqlserver/tsql.h"

namespace keyturn::setup {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kForever = days{3650};

bool has_only(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           extra.find(c) != extra.npos;
  });
}

// The checks never repeat the value of what might be a secret in the wrong place.
std::string check_secret_name(std::string_view text) {
  if (text.size() > 512 || !has_only(text, "/_+=.@-:"))
    return "this can't be the name or the ARN of a secret";
  return {};
}
constexpr std::string_view kSecretName = "the name or the ARN of a secret: letters, digits and /_+=.@-";

std::string check_region(std::string_view text) {
  return has_only(text, "-") ? "" : fmt::format("\"{}\" can't be a region", text);
}

std::string check_iam_user(std::string_view text) {
  return text.size() <= 64 && has_only(text, "_+=,.@-")
             ? ""
             : fmt::format("\"{}\" can't be an IAM user's name", text);
}

std::string check_rotation_name(std::string_view text) {
  return text.size() <= 64 && has_only(text, "_.-") ? ""
                                                    : fmt::format("\"{}\" can't be a rotation's name", text);
}

std::string check_bucket_url(std::string_view text) {
  const auto url = normal_bucket_url(text);
  return url ? "" : url.error().message;
}

std::string check_pattern(std::string_view text) {
  if (text.size() > 128) return "it is longer than the name of a credential can be, 128 characters";
  if (!text.starts_with("s3://") || text.size() < 6)
    return fmt::format("\"{}\" does not begin with s3://", text);
  return {};
}

std::string check_driver(std::string_view text) {
  return text.find_first_of(";{}=[]") == text.npos ? ""
                                                   : "it holds a character that can't be in a driver's name";
}

std::string check_authentication(std::string_view text) {
  return authentication_of(text) ? "" : fmt::format("\"{}\" is no way to log in", text);
}

std::optional<rotation::ProofBackup> proof_backup_of(std::string_view text) {
  using rotation::ProofBackup;
  for (const ProofBackup proof : {ProofBackup::off, ProofBackup::canary, ProofBackup::all})
    if (text == rotation::to_string(proof)) return proof;
  return std::nullopt;
}

std::string check_proof_backup(std::string_view text) {
  return proof_backup_of(text) ? "" : fmt::format("\"{}\" is not who makes proof backups", text);
}

void read_aws(const toml::table& table, AwsSettings& aws, ConfigProblems& problems) {
  ConfigTable reader(table, "aws", problems);
  reader.read("region", aws.region, "a region, such as \"eu-central-1\"", check_region);
  reader.read("profile", aws.profile, "the name of a profile in ~/.aws/config or ~/.aws/credentials");
  reader.finish({"access_key_id", "secret_access_key", "aws_access_key_id", "aws_secret_access_key"});
}

void read_sql(const toml::table& table, SqlSettings& sql, ConfigProblems& problems) {
  ConfigTable reader(table, "sql", problems);
  reader.read("driver", sql.driver, "the name of an installed ODBC driver, such as \"FreeTDS\"",
              check_driver);
  std::string ca_file;
  reader.read("ca_file", ca_file, "a file of certificates in PEM form");
  sql.ca_file = path_of(ca_file);
  reader.read("trust_server_certificate", sql.trust_server_certificate);
  if (sql.trust_server_certificate && reader.has("ca_file"))
    reader.problem("trust_server_certificate", "with ca_file the certificate is checked, with this it is not",
                   "false where ca_file is given");
  std::string authentication = to_string(sql.authentication);
  reader.read("authentication", authentication, "\"sql\" or \"integrated\"", check_authentication);
  sql.authentication = *authentication_of(authentication);
  reader.read("rotate_login", sql.rotate_login);
  reader.read("login_max_age", sql.login_max_age, seconds{1}, kForever);
  reader.read("login_timeout", sql.login_timeout, seconds{1}, minutes{5});
  reader.read("query_timeout", sql.query_timeout, seconds{1}, minutes{10});
  reader.read("concurrency", sql.concurrency, 1, 256);
  int browser_port = sql.browser_port;
  reader.read("browser_port", browser_port, 1, 65535);
  sql.browser_port = std::uint16_t(browser_port);
  reader.finish({"password", "pwd", "pass", "user"});
}

void read_policy(const toml::table& table, rotation::Policy& policy, ConfigProblems& problems) {
  const std::size_t before = problems.count();
  ConfigTable reader(table, "rotation.policy", problems);
  reader.read("max_age", policy.max_age, seconds{1}, kForever);
  reader.read("grace", policy.grace, seconds{1}, kForever);
  reader.read("longest_backup", policy.longest_backup, seconds{1}, kForever);
  reader.read("quarantine", policy.quarantine, seconds{1}, kForever);
  reader.read("orphan_min_age", policy.orphan_min_age, seconds{1}, days{7});
  reader.read("intent_window", policy.intent_window, seconds{1}, hours{1});
  reader.read("propagation", policy.propagation, milliseconds{0}, hours{1});
  reader.read("deadline", policy.deadline, seconds{1}, hours{1});
  reader.read("patience", policy.patience, seconds{1}, kForever);
  reader.read("canaries", policy.canaries, "a list of names of targets");
  reader.read("wave_percent", policy.wave_percent, 1, 100);
  reader.read("max_errors_percent", policy.max_errors_percent, 0, 100);
  reader.finish();
  if (problems.count() != before) return;  // the values together are judged only where each is right
  if (const auto valid = policy.validate(); !valid)
    problems.add(table.source(), "rotation.policy", valid.error().message, valid.error().hint);
}

// Names of hosts that are found are known only at run time, those of listed targets now.
void check_canaries(const toml::table& table, const RotationSettings& rotation, ConfigProblems& problems) {
  if (!rotation.fleet.ec2_tags.empty() || !rotation.fleet.instance_ids.empty()) return;
  for (const std::string& canary : rotation.policy.canaries) {
    const auto& targets = rotation.fleet.targets;
    if (std::none_of(targets.begin(), targets.end(),
                     [&](const TargetSettings& t) { return t.name == canary; }))
      problems.add(table.source(), "rotation.policy.canaries",
                   fmt::format("no target has the name \"{}\"", canary), "names of targets of this rotation");
  }
}

RotationSettings read_rotation(const toml::table& table, ConfigProblems& problems) {
  ConfigTable reader(table, "rotation", problems);
  RotationSettings rotation;
  reader.read("name", rotation.name, "letters, digits and _.-, at most 64", check_rotation_name);
  reader.exclusive("iam_user", "iam_user_secret");
  reader.read("iam_user", rotation.iam_user, "the name of an IAM user", check_iam_user);
  reader.read("iam_user_secret", rotation.iam_user_secret, kSecretName, check_secret_name);
  reader.read("credential_secret", rotation.credential_secret, kSecretName, check_secret_name);
  reader.exclusive("bucket_urls", "bucket_url_secret");
  reader.read("bucket_urls", rotation.bucket_urls,
              "a list of URLs, such as [\"s3://bucket.s3.eu-central-1.amazonaws.com/path\"]",
              check_bucket_url);
  for (std::string& url : rotation.bucket_urls) url = *normal_bucket_url(url);
  reader.read("bucket_url_secret", rotation.bucket_url_secret, kSecretName, check_secret_name);
  reader.read("credential_patterns", rotation.credential_patterns,
              "a list of credential names with * for any text, such as "
              "[\"s3://bucket.s3.eu-central-1.amazonaws.com/*\"]",
              check_pattern);
  reader.exclusive("sql_user", "sql_user_secret");
  reader.read("sql_user", rotation.sql_user, "the name of a SQL login");
  reader.read("sql_user_secret", rotation.sql_user_secret, kSecretName, check_secret_name);
  reader.read("sql_password_secret", rotation.sql_password_secret, kSecretName, check_secret_name);
  std::string proof_backup = rotation::to_string(rotation.policy.proof_backup);
  reader.read("proof_backup", proof_backup, "\"off\", \"canary\" or \"all\"", check_proof_backup);
  rotation.policy.proof_backup = *proof_backup_of(proof_backup);
  if (const toml::table* policy = reader.table("policy")) read_policy(*policy, rotation.policy, problems);
  read_fleet(reader, rotation.fleet, problems);
  check_canaries(table, rotation, problems);
  reader.finish({"password", "sql_password", "sql_pass", "secret", "credential"});
  return rotation;
}

// Does `rotation` write a credential that `other` lists by its URL?
bool covers(const RotationSettings& rotation, const RotationSettings& other) {
  return std::any_of(other.bucket_urls.begin(), other.bucket_urls.end(), [&](const std::string& url) {
    const auto matches = [&](const std::string& pattern) { return sqlserver::matches_pattern(url, pattern); };
    return std::any_of(rotation.credential_patterns.begin(), rotation.credential_patterns.end(), matches) ||
           std::any_of(rotation.bucket_urls.begin(), rotation.bucket_urls.end(),
                       [&](const std::string& own) { return sqlserver::same_name(own, url); });
  });
}

// keyturn writes the credential secret, and names what it reads from the others: a mix-up must not overwrite
// or show one.
void check_secrets_differ(const toml::table& table, const RotationSettings& rotation,
                          ConfigProblems& problems) {
  std::vector<std::string> names{rotation.credential_secret, rotation.sql_password_secret};
  if (rotation.iam_user.empty()) names.push_back(rotation.iam_user_secret);
  if (rotation.bucket_urls.empty()) names.push_back(rotation.bucket_url_secret);
  if (rotation.sql_user.empty()) names.push_back(rotation.sql_user_secret);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    problems.add(table.source(), "rotation",
                 fmt::format("two of its settings name the secret \"{}\"", *twice),
                 "a secret of its own for each of credential_secret, iam_user_secret, bucket_url_secret, "
                 "sql_user_secret and sql_password_secret");
}

// Two rotations of one IAM user or one secret would undo each other's work.
void check_apart(const std::vector<const toml::table*>& tables,
                 const std::vector<RotationSettings>& rotations, ConfigProblems& problems) {
  std::set<std::string> names, users, secrets;
  for (std::size_t i = 0; i < rotations.size(); ++i) {
    const RotationSettings& rotation = rotations[i];
    const auto claim = [&](std::set<std::string>& taken, const std::string& value, std::string_view setting) {
      if (!taken.insert(value).second)
        problems.add(tables[i]->source(), fmt::format("rotation.{}", setting),
                     fmt::format("two rotations have \"{}\"", value.substr(value.find(' ') + 1)),
                     "another one for each rotation");
    };
    claim(names, rotation.name, "name");
    if (rotation.iam_user.empty())
      claim(users, "secret " + rotation.iam_user_secret, "iam_user_secret");
    else
      claim(users, "user " + rotation.iam_user, "iam_user");
    claim(secrets, rotation.credential_secret, "credential_secret");
    check_secrets_differ(*tables[i], rotation, problems);
    for (std::size_t other = 0; other < rotations.size(); ++other)
      if (other != i && covers(rotation, rotations[other]))
        problems.add(tables[i]->source(), "rotation.bucket_urls",
                     fmt::format("\"{}\" manages a credential that \"{}\" lists too", rotation.name,
                                 rotations[other].name),
                     "each credential's name, and each pattern that matches it, in one rotation");
  }
}

// A server that hangs must not use up the time that a run may write in.
void check_times(const std::vector<const toml::table*>& tables, const Config& config,
                 ConfigProblems& problems) {
  const Duration longest = config.sql.login_timeout + config.sql.query_timeout;
  for (std::size_t i = 0; i < config.rotations.size(); ++i) {
    const RotationSettings& rotation = config.rotations[i];
    if (rotation.fleet.via != FleetWay::direct || longest < rotation.policy.deadline) continue;
    problems.add(
        tables[i]->source(), "sql.query_timeout",
        fmt::format("login_timeout and query_timeout come to {}, and the deadline of \"{}\" is {}",
                    format_duration(longest), rotation.name, format_duration(rotation.policy.deadline)),
        "time-outs that are together shorter than rotation.policy.deadline");
  }
}

// A login of which one rotation changes the password, and another does not know it, would lock the other one
// out; and Windows's accounts have no password that keyturn could change.
void check_rotated_login(const std::vector<const toml::table*>& tables, const Config& config,
                         ConfigProblems& problems) {
  if (!config.sql.rotate_login) return;
  std::set<std::string> secrets;
  for (std::size_t i = 0; i < config.rotations.size(); ++i) {
    const RotationSettings& rotation = config.rotations[i];
    if (!secrets.insert(rotation.sql_password_secret).second)
      problems.add(
          tables[i]->source(), "rotation.sql_password_secret",
          fmt::format("two rotations log in by \"{}\", and with rotate_login each of them would change "
                      "the password without the other's servers",
                      rotation.sql_password_secret),
          "a login with a password secret of its own for each rotation, or rotate_login = false");
    if (config.sql.authentication == SqlAuthentication::integrated && rotation.fleet.via == FleetWay::direct)
      problems.add(tables[i]->source(), "sql.rotate_login",
                   fmt::format("\"{}\" logs in by Windows's own account, which has no password to rotate",
                               rotation.name),
                   "rotate_login = false, or authentication = \"sql\"");
  }
}

Config read_config(const toml::table& root, const std::string& source, ConfigProblems& problems) {
  ConfigTable reader(root, "", problems);
  Config config;
  config.source = source;
  if (const toml::table* aws = reader.table("aws")) read_aws(*aws, config.aws, problems);
  if (const toml::table* sql = reader.table("sql")) read_sql(*sql, config.sql, problems);
  if (const toml::table* host = reader.table("host")) read_host(*host, config.host, problems);
  const auto tables = reader.tables("rotation");
  for (const toml::table* table : tables) config.rotations.push_back(read_rotation(*table, problems));
  reader.finish();
  check_apart(tables, config.rotations, problems);
  check_times(tables, config, problems);
  check_rotated_login(tables, config, problems);
  if (config.rotations.empty()) {
    config.rotations.emplace_back();
    config.rotations.back().fleet.via = FleetWay::ssm;
    config.rotations.back().fleet.ec2_tags = {{"SQL", "2022"}};
  }
  if (!config.sql.ca_file.empty() && config.sql.ca_file.is_relative())
    config.sql.ca_file = path_of(source).parent_path() / config.sql.ca_file;
  return config;
}

}  // namespace

std::optional<SqlAuthentication> authentication_of(std::string_view text) {
  for (const auto each : {SqlAuthentication::sql, SqlAuthentication::integrated})
    if (text == to_string(each)) return each;
  return std::nullopt;
}

const char* to_string(SqlAuthentication authentication) {
  return authentication == SqlAuthentication::sql ? "sql" : "integrated";
}

Result<std::string> normal_bucket_url(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == text.npos)
    return fail(ErrorKind::usage, "The bucket URL is empty.", "Write s3://HOST/BUCKET/PATH.");
  const auto url = aws::parse_s3_url(text.substr(first, text.find_last_not_of(kBlanks) - first + 1));
  if (!url) return fail(url.error());
  return url->text;
}

Result<Config> parse_config(std::string_view text, const std::string& source) {
  ConfigProblems problems(source);
  try {
    const toml::table root = toml::parse(text, source);
    Config config = read_config(root, source, problems);
    if (!problems.empty()) return fail(problems.error());
    return config;
  } catch (const toml::parse_error& error) {
    return fail(ErrorKind::usage,
                fmt::format("{}:{}:{}: this is not TOML: {}.", source, error.source().begin.line,
                            error.source().begin.column, error.description()),
                "docs/configuration.md shows a whole file.");
  }
}

}  // namespace keyturn::setup
