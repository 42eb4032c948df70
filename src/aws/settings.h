// What the environment and the AWS configuration files say, beside credentials: region, endpoints, retries.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "aws/environment.h"
#include "aws/profile_files.h"
#include "base/error.h"

namespace keyturn::aws {

struct AwsOptions {
  std::optional<std::string> region;
  std::optional<std::string> profile;
};

struct Settings {
  std::string profile = "default";
  bool profile_is_option = false;  // named by an option: then credentials in the environment do not count
  std::string region;              // empty: neither option nor environment nor profile says it
  bool use_fips = false;
  bool use_dual_stack = false;
  bool use_global_sts = false;  // AWS_STS_REGIONAL_ENDPOINTS=legacy
  int max_attempts = 3;
  std::string ca_bundle;                             // PEM file; empty: the system's
  std::string endpoint_url;                          // for all services; empty: by rule
  std::map<std::string, std::string> endpoint_urls;  // by signing name: "iam", "s3" …
};

// Order of region: option, AWS_REGION, AWS_DEFAULT_REGION, profile. Of endpoints: AWS_ENDPOINT_URL_<SERVICE>,
// AWS_ENDPOINT_URL, the profile's `services` section, the profile's endpoint_url. ErrorKind::usage for values
// that make no sense and for a profile that was asked for and does not exist.
Result<Settings> load_settings(const Environment& environment, const ProfileFiles& files,
                               const AwsOptions& options);

}  // namespace keyturn::aws
