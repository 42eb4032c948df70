// The AWS configuration files: ~/.aws/config and ~/.aws/credentials.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/error.h"

namespace keyturn::aws {

struct IniSection {
  std::map<std::string, std::string> values;  // names in lower case
  std::map<std::string, std::map<std::string, std::string>>
      nested;  // "iam =" and the indented lines below it

  [[nodiscard]] std::optional<std::string> value(const std::string& name) const;
};
using IniFile =
    std::map<std::string, IniSection>;  // by the section's header, blanks made single: "profile x"

// Comments begin with '#' or ';' at a line's start or after a blank. `name` is for the error's sentence.
Result<IniFile> parse_ini(std::string_view text, const std::string& name);

struct ProfileFiles {
  std::string config_path;
  std::string credentials_path;
  IniFile config;       // sections "default", "profile NAME", "services NAME", "sso-session NAME"
  IniFile credentials;  // sections "NAME"

  // A profile's sections, or null.
  [[nodiscard]] const IniSection* in_config(const std::string& profile) const;
  [[nodiscard]] const IniSection* in_credentials(const std::string& profile) const;
  [[nodiscard]] bool has(const std::string& profile) const {
    return in_config(profile) || in_credentials(profile);
  }
  // From either file; the credentials file wins.
  [[nodiscard]] std::optional<std::string> value(const std::string& profile, const std::string& name) const;
};

// AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else below HOME or, where that is not set, USERPROFILE
// (Windows). A file that is not there is empty; one
// that can't be read or parsed is an error.
Result<ProfileFiles> load_profile_files(const Environment& environment);

}  // namespace keyturn::aws
