// keyturn render policy: what a role may do in AWS, as a policy of IAM.
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "setup/config.h"

namespace keyturn::cli {

struct PolicyOptions {
  std::string role;     // "controller" …
  std::string account;  // twelve digits
  std::string user;     // the backup user, where the configuration leaves it to a secret
  std::string user_path = "/";
  std::vector<std::string> bucket_urls;  // where the configuration leaves them to a secret
  std::string kms_key;
  std::string functions;
  bool vpc = false;
  bool restore = false;
  bool explain = false;
  std::string package_url;
  std::string windows_package_url;
};

const std::vector<std::string>& policy_roles();

// Asks no service of AWS. With `explain` each statement comes with its role, what needs it, and why.
Result<std::string> render_policy(const Options& options, const PolicyOptions& chosen,
                                  const setup::Config& config, const setup::RotationSettings& rotation);

}  // namespace keyturn::cli
