// The Command document of Systems Manager that runs `keyturn apply` on a host (schema 2.2; AWS Systems
// Manager User Guide, "Command document plugin reference"; parameters are handled as amazon-ssm-agent 3.3
// does).
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::render {

// CreateDocument refuses more (AWS Systems Manager quotas).
inline constexpr std::size_t kLargestDocument = 64 * 1024;

// What the document's parameters are where a command gives none.
struct SsmCommandSettings {
  std::string credential_secret = "sqlcredential";
  std::string bucket_url_secret = "bucketurl";
  std::string sql_user_secret = "sqluser";
  std::string sql_password_secret = "sqlpass";
  bool integrated =
      false;  // Windows hosts log in as the account that runs keyturn, and read neither of the two
  // For hosts without an installed keyturn: s3://… or https://…, and what it must hash to. Empty: none.
  std::string package_url;  // Linux: a .zip or .tar.gz
  std::string package_sha256;
  std::string windows_package_url;  // an .exe
  std::string windows_package_sha256;
  Duration execution_timeout = std::chrono::seconds{600};  // of the script on a host; 5 s to 48 h
};

// JSON, indented, the same for the same settings. ErrorKind::usage where a setting can't be a parameter's
// value.
Result<std::string> ssm_command_document(const SsmCommandSettings& settings);

}  // namespace keyturn::render
