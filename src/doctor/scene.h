// What the checks of one rotation look at, and what earlier ones learnt for later ones.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "aws/aws_context.h"
#include "aws/s3_url.h"
#include "rotation/observation.h"
#include "setup/config.h"

namespace keyturn::doctor {

// All must outlive it.
struct Scene {
  const setup::Config& config;
  const setup::RotationSettings& rotation;
  const aws::AwsContext& aws;

  [[nodiscard]] const std::string& region() const { return aws.settings().region; }
};

// Nothing where it could not be learnt: the finding that says why is there already.
struct Knowledge {
  std::map<std::string, aws::SecretDescription> secrets;  // by their names in the configuration
  std::optional<std::string> user;                        // the backup user
  std::optional<std::vector<aws::S3Url>> urls;
  std::optional<rotation::SecretState> state;  // of the credential secret
  bool has_login = false;                      // the SQL login's secrets can be read, or are not needed
  std::optional<rotation::KeyPair> current;    // AWSCURRENT's key, as long as IAM has it Active
  bool has_document = true;                    // Systems Manager has what the hosts are to run
  // Why hosts and targets can't be asked, where a finding says so already.
  std::set<std::string> told;
};

}  // namespace keyturn::doctor
