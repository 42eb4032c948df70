// What a host calls itself, and where keyturn's files are on it.
#pragma once

#include <filesystem>
#include <string>

#include "aws/environment.h"
#include "base/error.h"

namespace keyturn::cli {

struct HostPaths {
  std::filesystem::path root;           // Linux: all are below it; KEYTURN_HOST_ROOT, for tests
  std::filesystem::path configuration;  // the host's own, which need not exist: /etc/keyturn/keyturn.toml
  std::filesystem::path log_folder;     // /var/log/keyturn
};

// On Windows: %ProgramData%\keyturn\keyturn.toml and %ProgramData%\keyturn\logs.
HostPaths host_paths(const aws::Environment& environment);

std::string host_name();

// For help texts: where a configuration is looked for that --config does not name.
std::string usual_configurations();

// Refuses a host's configuration that somebody other than its administrators may have written
// (ErrorKind::usage): it names the servers that are given a login. On Linux /etc sees to that; on Windows
// every user can make folders and files in %ProgramData%.
Result<void> check_trusted(const std::filesystem::path& configuration);

}  // namespace keyturn::cli
