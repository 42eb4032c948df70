// keyturn render cleanup: what is to be done by hand to take keyturn out again.
#pragma once

#include <string>

#include "cli/options.h"
#include "render/ssm_automation.h"
#include "setup/config.h"

namespace keyturn::cli {

struct CleanupOptions {
  std::string installed;  // "stack", "terraform", "hand"; empty: hand where servers are reached directly
  std::string stack = "keyturn";
  std::string backup_user;  // where the configuration leaves it to a secret
};

// Asks no service of AWS.
Result<std::string> render_cleanup(const Options& options, const CleanupOptions& chosen,
                                   const render::SsmAutomationSettings& automation,
                                   const setup::Config& config, const setup::RotationSettings& rotation);

}  // namespace keyturn::cli
