// The usual sources of AWS credentials, in the SDKs' order (botocore, credentials.py): environment; profile
// with a role; web identity; credentials file; credential_process; config file; container; EC2 instance
// metadata.
#pragma once

#include <set>
#include <string>

#include "aws/client.h"
#include "aws/environment.h"
#include "aws/profile_files.h"
#include "aws/settings.h"

namespace keyturn::aws {

// Half a pair (an id without its secret) is an error, never a reason to go on to the next source. Files are
// read afresh at each fetch(), so that renewed ones count.
class CredentialChain {
 public:
  CredentialChain(Environment environment, Settings settings, ClientContext context)
      : environment_(std::move(environment)), settings_(std::move(settings)), context_(context) {}

  // ErrorKind::credentials with what was tried, ErrorKind::usage for a contradictory profile,
  // ErrorKind::unsupported for SSO and MFA.
  Result<Credentials> fetch() const;

 private:
  using Found = std::optional<Result<Credentials>>;  // nothing: go on with the next source

  Found from_environment() const;
  Found from_profile_role(const ProfileFiles& files, const std::string& profile,
                          std::set<std::string>& seen) const;
  Found from_web_identity(const ProfileFiles& files, const std::string& profile, bool with_environment) const;
  Found from_profile_keys(const ProfileFiles& files, const std::string& profile) const;
  Found from_container() const;
  Found from_instance() const;

  Result<Credentials> assume_role(const ProfileFiles& files, const std::string& profile,
                                  std::set<std::string>& seen) const;
  Result<Credentials> source_of_role(const ProfileFiles& files, const std::string& profile,
                                     std::set<std::string>& seen) const;
  Result<Credentials> source_profile(const ProfileFiles& files, const std::string& profile,
                                     const std::string& source, std::set<std::string>& seen) const;

  Environment environment_;
  Settings settings_;
  ClientContext context_;
};

}  // namespace keyturn::aws
