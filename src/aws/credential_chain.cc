#include "aws/credential_chain.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "aws/credential_parts.h"
#include "aws/credential_process.h"
#include "aws/endpoints.h"
#include "aws/metadata_credentials.h"
#include "aws/sts.h"
#include "base/path.h"

namespace keyturn::aws {
namespace {

tl::unexpected<Error> wrong_profile(const std::string& profile, const std::string& why,
                                    std::string hint = {}) {
  return fail(ErrorKind::usage, fmt::format("The AWS profile \"{}\" can't be used: {}.", profile, why),
              std::move(hint));
}

// The three settings of a key pair, from one place. Nothing where there is neither id nor secret.
std::optional<Result<Credentials>> pair_of(const std::optional<std::string>& id,
                                           const std::optional<std::string>& secret,
                                           const std::optional<std::string>& token,
                                           const std::string& place) {
  if (!id && !secret) return std::nullopt;
  if (!id || !secret)
    return fail(ErrorKind::credentials,
                fmt::format("{} holds half a pair of AWS credentials: the {} is missing.", place,
                            id ? "secret access key" : "access key id"));
  return Result<Credentials>(Credentials{*id, SecretString(*secret), SecretString(token.value_or("")), {}});
}

std::optional<Result<Credentials>> pair_in(const IniSection* section, const std::string& place) {
  if (section == nullptr) return std::nullopt;
  return pair_of(section->value("aws_access_key_id"), section->value("aws_secret_access_key"),
                 section->value("aws_session_token"), place);
}

Result<SecretString> read_token_file(const std::string& path) {
  std::ifstream in(path_of(path), std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return fail(ErrorKind::credentials, fmt::format("The web identity token file {} can't be read.", path));
  return SecretString(text.str());
}

Result<AssumeRoleRequest> role_request(const ProfileFiles& files, const std::string& profile, TimePoint now) {
  AssumeRoleRequest request;
  request.role_arn = files.value(profile, "role_arn").value_or("");
  request.session_name = files.value(profile, "role_session_name")
                             .value_or("keyturn-" + std::to_string(now.time_since_epoch().count() / 1000));
  request.external_id = files.value(profile, "external_id").value_or("");
  if (const auto text = files.value(profile, "duration_seconds")) {
    const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), request.duration_s);
    if (ec != std::errc{} || end != text->data() + text->size() || request.duration_s < 900 ||
        request.duration_s > 43200)
      return wrong_profile(profile, "duration_seconds is not a number of 900 to 43200");
  }
  return request;
}

Result<Sts> make_sts(const Settings& settings, const ClientContext& context, Credentials credentials) {
  auto endpoint = resolve_endpoint(settings, "sts");
  if (!endpoint) return fail(endpoint.error());
  return Sts(
      Client(context, std::make_shared<StaticCredentials>(std::move(credentials)), *endpoint, Sts::traits()));
}

}  // namespace

Result<Credentials> CredentialChain::fetch() const {
  if (!settings_.profile_is_option)
    if (auto found = from_environment()) return *found;
  const auto files = load_profile_files(environment_);
  if (!files) return fail(files.error());
  const std::string& profile = settings_.profile;
  std::set<std::string> seen;
  if (auto found = from_profile_role(*files, profile, seen)) return *found;
  if (auto found = from_web_identity(*files, profile, !settings_.profile_is_option)) return *found;
  if (auto found = from_profile_keys(*files, profile)) return *found;
  if (auto found = from_container()) return *found;
  if (auto found = from_instance()) return *found;
  // Without HOME, as the SSM agent starts programs, there are no such files.
  const std::string in_files = files->credentials_path.empty() && files->config_path.empty()
                                   ? std::string()
                                   : fmt::format(" nor in profile \"{}\" of {} and {},", profile,
                                                 files->credentials_path, files->config_path);
  return fail(
      ErrorKind::credentials,
      fmt::format("No AWS credentials were found: not in the environment,{} nor from a container or EC2 "
                  "instance.",
                  in_files),
      "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role.");
}

CredentialChain::Found CredentialChain::from_environment() const {
  return pair_of(environment_("AWS_ACCESS_KEY_ID"), environment_("AWS_SECRET_ACCESS_KEY"),
                 environment_("AWS_SESSION_TOKEN"), "The environment");
}

CredentialChain::Found CredentialChain::from_profile_role(const ProfileFiles& files,
                                                          const std::string& profile,
                                                          std::set<std::string>& seen) const {
  if (!files.value(profile, "role_arn") || files.value(profile, "web_identity_token_file"))
    return std::nullopt;
  return assume_role(files, profile, seen);
}

Result<Credentials> CredentialChain::assume_role(const ProfileFiles& files, const std::string& profile,
                                                 std::set<std::string>& seen) const {
  if (files.value(profile, "mfa_serial"))
    return fail(ErrorKind::unsupported, fmt::format("The AWS profile \"{}\" asks for an MFA code.", profile),
                "keyturn runs unattended: use a profile or role without mfa_serial.");
  seen.insert(profile);
  auto request = role_request(files, profile, context_.clock.now());
  if (!request) return fail(request.error());
  auto source = source_of_role(files, profile, seen);
  if (!source) return source;
  const auto sts = make_sts(settings_, context_, std::move(*source));
  if (!sts) return fail(sts.error());
  return sts->assume_role(*request);
}

Result<Credentials> CredentialChain::source_of_role(const ProfileFiles& files, const std::string& profile,
                                                    std::set<std::string>& seen) const {
  const auto source = files.value(profile, "source_profile");
  const auto named = files.value(profile, "credential_source");
  if (source.has_value() == named.has_value())
    return wrong_profile(profile, "role_arn needs exactly one of source_profile and credential_source");
  if (source) return source_profile(files, profile, *source, seen);
  Found found;
  if (*named == "Environment") {
    found = from_environment();
  } else if (*named == "EcsContainer") {
    found = from_container();
  } else if (*named == "Ec2InstanceMetadata") {
    found = from_instance();
  } else {
    return wrong_profile(profile, fmt::format("credential_source is \"{}\"", *named),
                         "It may be Environment, EcsContainer or Ec2InstanceMetadata.");
  }
  if (!found)
    return fail(ErrorKind::credentials,
                fmt::format("The AWS profile \"{}\" takes its credentials from {}, where there are none.",
                            profile, *named));
  return *found;
}

Result<Credentials> CredentialChain::source_profile(const ProfileFiles& files, const std::string& profile,
                                                    const std::string& source,
                                                    std::set<std::string>& seen) const {
  if (!files.has(source))
    return wrong_profile(profile, fmt::format("its source_profile \"{}\" does not exist", source));
  if (source == profile) {  // a profile may name itself if it has keys of its own
    if (auto found = from_profile_keys(files, source)) return *found;
    return wrong_profile(profile, "it is its own source_profile and has no keys");
  }
  if (seen.contains(source)) return wrong_profile(profile, "its source_profile leads round in a circle");
  if (auto found = from_profile_role(files, source, seen)) return *found;
  if (auto found = from_web_identity(files, source, false)) return *found;
  if (auto found = from_profile_keys(files, source)) return *found;
  return wrong_profile(profile, fmt::format("its source_profile \"{}\" holds no credentials", source));
}

CredentialChain::Found CredentialChain::from_web_identity(const ProfileFiles& files,
                                                          const std::string& profile,
                                                          bool with_environment) const {
  const auto setting = [&](const char* variable, const char* name) {
    auto value = with_environment ? environment_(variable) : std::nullopt;
    return value ? value : files.value(profile, name);
  };
  const auto path = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (!path) return std::nullopt;
  auto request = role_request(files, profile, context_.clock.now());
  if (!request) return fail(request.error());
  const auto role = setting("AWS_ROLE_ARN", "role_arn");
  if (!role)
    return fail(ErrorKind::credentials, "A web identity token file is named, but no role (AWS_ROLE_ARN).");
  request->role_arn = *role;
  if (const auto name = setting("AWS_ROLE_SESSION_NAME", "role_session_name")) request->session_name = *name;
  const auto token = read_token_file(*path);
  if (!token) return fail(token.error());
  const auto sts = make_sts(settings_, context_, {});
  if (!sts) return fail(sts.error());
  return sts->assume_role_with_web_identity(*request, *token);
}

CredentialChain::Found CredentialChain::from_profile_keys(const ProfileFiles& files,
                                                          const std::string& profile) const {
  for (const char* name : {"sso_session", "sso_start_url", "sso_account_id"})
    if (files.value(profile, name))
      return fail(ErrorKind::unsupported,
                  fmt::format("The AWS profile \"{}\" signs in through SSO, which keyturn does not support.",
                              profile),
                  "Run: eval \"$(aws configure export-credentials --format env)\" and try again.");
  const auto place = [&](const std::string& path) {
    return fmt::format("Profile \"{}\" in {}", profile, path);
  };
  if (auto found = pair_in(files.in_credentials(profile), place(files.credentials_path))) return found;
  if (const auto command = files.value(profile, "credential_process"))
    return run_credential_process(*command);
  return pair_in(files.in_config(profile), place(files.config_path));
}

CredentialChain::Found CredentialChain::from_container() const {
  return container_credentials(environment_, context_);
}
CredentialChain::Found CredentialChain::from_instance() const {
  return instance_credentials(environment_, context_);
}

}  // namespace keyturn::aws
