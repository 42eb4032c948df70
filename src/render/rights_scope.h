// What the rights of one rotation are filled with.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "render/rights.h"
#include "setup/config.h"

namespace keyturn::render {

// What the configuration does not say.
struct AccountPlace {
  std::string account;  // twelve digits
  std::string region;
  std::string partition = "aws";
  std::string dns_suffix = "amazonaws.com";
  std::string user_path = "/";             // of the backup user
  std::vector<std::string> object_places;  // "bucket" or "bucket/path"; for the backup user's rights alone
  std::string kms_key;                     // its ARN; empty: the secrets are encrypted by AWS's own key
  std::string functions;                   // what the functions' names begin with; empty: none
  bool vpc = false;                        // of the functions
  std::string package;                     // "bucket/key"; empty: none
  std::string windows_package;
  bool restore = false;
};

struct RightsScope {
  std::set<Need> needs;
  RightValues values;
};

RightsScope scope_of(const setup::Config& config, const setup::RotationSettings& rotation,
                     const AccountPlace& place);

}  // namespace keyturn::render
