#include "render/ssm_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/version.h"
#include "render/host_steps.h"
#include "render/parameters.h"

namespace keyturn::render {
namespace {

using Json = nlohmann::ordered_json;

// What a value may be. Both ends are anchored, since the agent only searches, and it is all in RE2's
// language, since the agent is written in Go. The values are pasted into scripts, within single quotes:
// quotes, blanks, backslashes and control characters are left out, and so are '$' and '{', which the agent
// itself would expand.
constexpr const char* kModePattern = "^(check|apply|login)$";
constexpr const char* kVersionPattern = "^([A-Za-z0-9][A-Za-z0-9-]{0,63})?$";
constexpr const char* kStagePattern = "^(pending|current)?$";
constexpr const char* kTimePattern =
    "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z)?$";
constexpr const char* kSecretPattern = "^[A-Za-z0-9/_+=.@][A-Za-z0-9/_+=.@:-]{0,599}$";
constexpr const char* kTruthPattern = "^(true|false)?$";
constexpr const char* kAuthenticationPattern = "^(sql|integrated)$";
constexpr const char* kBucketUrlPattern = "^s3://[A-Za-z0-9][A-Za-z0-9._~/:+=!()-]{0,122}$";
constexpr const char* kCredentialPattern = "^s3://[A-Za-z0-9][A-Za-z0-9._~/:+=!()-]{0,121}\\*?$";
constexpr const char* kPackagePattern =
    "^((s3|https)://[A-Za-z0-9][A-Za-z0-9._~/:+=-]{0,500}\\.(zip|tar\\.gz|tgz))?$";
constexpr const char* kWindowsPackagePattern =
    "^((s3|https)://[A-Za-z0-9][A-Za-z0-9._~/:+=-]{0,500}\\.exe)?$";
constexpr const char* kSha256Pattern = "^([0-9a-f]{64})?$";
// 5 to 172800: the agent silently takes an hour in place of anything else.
constexpr const char* kTimeoutPattern =
    "^([5-9]|[1-9][0-9]{1,4}|1[0-6][0-9]{4}|17[01][0-9]{3}|172[0-7][0-9]{2}|172800)$";

Parameters parameters_of(const SsmCommandSettings& settings) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.execution_timeout).count();
  Parameters all;
  all.choice(
      "Mode",
      "check: look at every instance, change nothing. apply: write the key of a secret's version. login: "
      "change the SQL login's own password to that of a version of its secret.",
      {"check", "apply", "login"}, kModePattern);
  all.text("VersionId", "apply, login: the version of the secret to write. Never the secret itself.", "",
           kVersionPattern, "version");
  all.text(
      "Stage",
      "apply, login: the stage that the version must have (pending or current), else nothing is written.", "",
      kStagePattern, "stage");
  all.text("NotAfter", "apply, login: nothing is written later than this, such as 2026-11-23T17:00:00Z.", "",
           kTimePattern, "time");
  all.text("CredentialSecret", "The secret that holds the access key.", settings.credential_secret,
           kSecretPattern, "credential_secret");
  all.text("BucketUrlSecret", "The secret that holds the backup URL, unless BucketUrls are given.",
           settings.bucket_url_secret, kSecretPattern, "bucket_url_secret");
  all.text("SqlUserSecret", "The secret that holds the SQL login's name.", settings.sql_user_secret,
           kSecretPattern, "sql_user_secret");
  all.text("SqlPasswordSecret", "The secret that holds the SQL login's password.",
           settings.sql_password_secret, kSecretPattern, "sql_password_secret");
  const std::vector<std::string> ways{"sql", "integrated"};
  all.choice("SqlAuthentication",
             "Windows: sql: as the SQL login of those secrets. integrated: as the account that runs this.",
             settings.integrated ? std::vector(ways.rbegin(), ways.rend()) : ways, kAuthenticationPattern);
  all.text("RotateLogin",
           "true: keyturn rotates the SQL login's password, so that a host tries all versions of its secret.",
           "", kTruthPattern, "rotate_login");
  all.text("ProofBackup",
           "apply: true: each instance also makes a small backup with the key once it is written.", "",
           kTruthPattern, "proof_backup");
  all.list("BucketUrls", "The credentials that every instance is to have, in place of BucketUrlSecret.",
           kBucketUrlPattern);
  all.list("CredentialPatterns", "Further credentials to keep up to date where they exist.",
           kCredentialPattern);
  all.text("ExecutionTimeout", "Seconds that the script may take on a host, 5 to 172800.",
           std::to_string(seconds), kTimeoutPattern, "execution_timeout in seconds");
  all.text("PackageUrl",
           "Linux: where to fetch keyturn from (s3:// or https://, .zip or .tar.gz) if not installed.",
           settings.package_url, kPackagePattern, "--package-url");
  all.text("PackageSha256", "The SHA-256 that the package must have.", settings.package_sha256,
           kSha256Pattern, "--package-sha256");
  all.text("WindowsPackageUrl",
           "Windows: where to fetch keyturn.exe from (s3:// or https://) if not installed.",
           settings.windows_package_url, kWindowsPackagePattern, "--windows-package-url");
  all.text("WindowsPackageSha256", "The SHA-256 that keyturn.exe must have.", settings.windows_package_sha256,
           kSha256Pattern, "--windows-package-sha256");
  if (settings.package_url.empty() != settings.package_sha256.empty())
    all.problem("--package-url and --package-sha256 belong together: nothing is run unchecked");
  if (settings.windows_package_url.empty() != settings.windows_package_sha256.empty())
    all.problem(
        "--windows-package-url and --windows-package-sha256 belong together: nothing is run unchecked");
  return all;
}

Json lines_of(std::string_view script) {
  constexpr std::string_view kVersion = "@KEYTURN_VERSION@";
  Json lines = Json::array();
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\n'), script.size());
    std::string line(script.substr(0, end));
    if (const auto at = line.find(kVersion); at != std::string::npos)
      line.replace(at, kVersion.size(), program_version());
    lines.push_back(std::move(line));
    script.remove_prefix(std::min(end + 1, script.size()));
  }
  return lines;
}

Json step(const char* platform, const char* action, const char* name, std::string_view script) {
  return {{"precondition", {{"StringEquals", {"platformType", platform}}}},
          {"action", action},
          {"name", name},
          {"inputs", {{"timeoutSeconds", "{{ ExecutionTimeout }}"}, {"runCommand", lines_of(script)}}}};
}

}  // namespace

Result<std::string> ssm_command_document(const SsmCommandSettings& settings) {
  const Parameters parameters = parameters_of(settings);
  if (const auto checked = parameters.check(); !checked) return fail(checked.error());
  const Json document{
      {"schemaVersion", "2.2"},
      {"description",
       fmt::format("keyturn {}: look at the S3 credentials of every SQL Server instance on a host, or "
                   "write the access key of a secret's version into them.",
                   program_version())},
      {"parameters", parameters.json()},
      {"mainSteps",
       {step("Linux", "aws:runShellScript", "ApplyOnLinux", kLinuxStep),
        step("Windows", "aws:runPowerShellScript", "ApplyOnWindows", kWindowsStep)}}};
  std::string text = document.dump(2) + "\n";
  if (text.size() > kLargestDocument)
    return fail(ErrorKind::usage, fmt::format("The document has {} bytes, and Systems Manager takes {}.",
                                              text.size(), kLargestDocument));
  return text;
}

}  // namespace keyturn::render
