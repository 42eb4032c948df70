// The configuration file: TOML, every setting optional (docs/configuration.md). Without a file an account
// that was set up as in the blog works: secrets `iamuser`, `sqlcredential`, `sqluser`, `sqlpass`,
// `bucketurl`, and EC2 tag SQL=2022.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/environment.h"
#include "base/error.h"
#include "base/time.h"
#include "rotation/policy.h"
#include "setup/fleet_settings.h"
#include "setup/host_settings.h"

namespace keyturn::setup {

struct AwsSettings {
  std::string region;   // empty: as the AWS SDKs find it
  std::string profile;  // empty: AWS_PROFILE, else "default"
};

// As whom keyturn logs in to SQL Server.
enum class SqlAuthentication {
  sql,         // a SQL login, whose name and password are secrets
  integrated,  // Windows: the account that runs keyturn. Linux hosts of the same fleet keep the SQL login
};

struct SqlSettings {
  std::string driver;             // empty: FreeTDS on Linux; on Windows the best one that is installed
  std::filesystem::path ca_file;  // empty: the system's CAs
  bool trust_server_certificate = false;
  SqlAuthentication authentication = SqlAuthentication::sql;
  bool rotate_login = false;                       // keyturn rotates the SQL login's own password
  Duration login_max_age = std::chrono::days{30};  // of that password
  Duration login_timeout = std::chrono::seconds{10};
  Duration query_timeout = std::chrono::seconds{30};
  int concurrency = 8;
  std::uint16_t browser_port = 1434;
};

// Where a value comes from: given in the file, or the plain text of a secret.
struct RotationSettings {
  std::string name = "default";
  std::string iam_user;  // empty: read from iam_user_secret
  std::string iam_user_secret = "iamuser";
  std::string credential_secret = "sqlcredential";
  std::vector<std::string> bucket_urls;  // empty: read from bucket_url_secret; always with "s3://"
  std::string bucket_url_secret = "bucketurl";
  std::vector<std::string> credential_patterns;
  std::string sql_user;  // empty: read from sql_user_secret
  std::string sql_user_secret = "sqluser";
  std::string sql_password_secret = "sqlpass";
  rotation::Policy policy;
  FleetSettings fleet;
};

struct Config {
  std::string source;  // the file's name as given; empty: no file, all defaults
  AwsSettings aws;
  SqlSettings sql;
  HostSettings host;
  std::vector<RotationSettings> rotations;  // at least one
};

// `source` is the name used in messages; relative paths in the text count from its folder. All problems are
// reported at once, one a line: `file:line:column: setting "x.y": what is wrong; allowed: …`
// (ErrorKind::usage).
Result<Config> parse_config(std::string_view text, const std::string& source);

// `file` if given; else the first of configuration_files() that exists: on Linux
// $XDG_CONFIG_HOME/keyturn/keyturn.toml (~/.config/…) and /etc/keyturn/keyturn.toml, on Windows
// %APPDATA%\keyturn\keyturn.toml; else the defaults.
Result<Config> load_config(const std::optional<std::filesystem::path>& file,
                           const aws::Environment& environment);

// "sql" or "integrated"; nothing for any other text.
std::optional<SqlAuthentication> authentication_of(std::string_view text);
const char* to_string(SqlAuthentication authentication);

// "s3://" is put in front where it is missing, blanks around and a final '/' are dropped; refuses what can't
// be the name of a credential.
Result<std::string> normal_bucket_url(std::string_view text);

}  // namespace keyturn::setup
