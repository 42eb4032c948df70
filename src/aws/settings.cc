#include "aws/settings.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace keyturn::aws {
namespace {

struct ServiceName {
  const char* signing;   // "secretsmanager"
  const char* variable;  // the end of AWS_ENDPOINT_URL_…
  const char* section;   // in the profile's services section
};
constexpr std::array<ServiceName, 6> kServices{{{"iam", "IAM", "iam"},
                                                {"sts", "STS", "sts"},
                                                {"secretsmanager", "SECRETS_MANAGER", "secrets_manager"},
                                                {"ssm", "SSM", "ssm"},
                                                {"ec2", "EC2", "ec2"},
                                                {"s3", "S3", "s3"}}};

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

Result<std::string> checked_url(const std::string& url, const std::string& source) {
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return fail(ErrorKind::usage,
                fmt::format("{} is \"{}\", which is not an http or https URL.", source, url));
  return without_slash(url);
}

// One setting from an environment variable or the profile.
class Sources {
 public:
  Sources(const Environment& environment, const ProfileFiles& files, const std::string& profile)
      : environment_(environment), files_(files), profile_(profile) {}

  [[nodiscard]] std::optional<std::string> get(const std::string& variable, const std::string& name) const {
    if (auto value = environment_(variable)) return value;
    return files_.value(profile_, name);
  }
  [[nodiscard]] bool flag(const std::string& variable, const std::string& name) const {
    return is_true(get(variable, name));
  }

 private:
  const Environment& environment_;
  const ProfileFiles& files_;
  const std::string& profile_;
};

std::optional<std::string> from_services_section(const ProfileFiles& files, const std::string& profile,
                                                 const ServiceName& service) {
  const auto name = files.value(profile, "services");
  if (!name) return std::nullopt;
  const auto section = files.config.find("services " + *name);
  if (section == files.config.end()) return std::nullopt;
  const auto nested = section->second.nested.find(service.section);
  if (nested == section->second.nested.end()) return std::nullopt;
  const auto url = nested->second.find("endpoint_url");
  return url == nested->second.end() ? std::nullopt : std::optional(url->second);
}

Result<void> load_endpoints(Settings& settings, const Environment& environment, const ProfileFiles& files) {
  const Sources sources(environment, files, settings.profile);
  if (sources.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")) return {};
  const auto for_all = environment("AWS_ENDPOINT_URL");
  for (const ServiceName& service : kServices) {
    const std::string variable = std::string("AWS_ENDPOINT_URL_") + service.variable;
    auto value = environment(variable);
    if (!value && !for_all) value = from_services_section(files, settings.profile, service);
    if (!value) continue;
    auto url = checked_url(*value, variable);
    if (!url) return fail(url.error());
    settings.endpoint_urls[service.signing] = *url;
  }
  if (const auto value = sources.get("AWS_ENDPOINT_URL", "endpoint_url")) {
    auto url = checked_url(*value, "AWS_ENDPOINT_URL");
    if (!url) return fail(url.error());
    settings.endpoint_url = *url;
  }
  return {};
}

Result<void> load_attempts(Settings& settings, const Sources& sources) {
  const auto text = sources.get("AWS_MAX_ATTEMPTS", "max_attempts");
  if (!text) return {};
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), settings.max_attempts);
  if (ec != std::errc{} || end != text->data() + text->size() || settings.max_attempts < 1 ||
      settings.max_attempts > 100)
    return fail(ErrorKind::usage,
                fmt::format("AWS_MAX_ATTEMPTS is \"{}\"; it must be a number of 1 to 100.", *text));
  return {};
}

Result<void> check_region(const std::string& region) {
  if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos) return {};
  return fail(ErrorKind::usage, fmt::format("\"{}\" is not an AWS region.", region),
              "Write it as AWS does: eu-central-1, us-east-1 …");
}

std::string first_region(const AwsOptions& options, const Environment& environment, const ProfileFiles& files,
                         const std::string& profile) {
  if (options.region && !options.region->empty()) return *options.region;
  for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (const auto value = environment(variable)) return *value;
  return files.value(profile, "region").value_or("");
}

}  // namespace

Result<Settings> load_settings(const Environment& environment, const ProfileFiles& files,
                               const AwsOptions& options) {
  Settings settings;
  settings.profile_is_option = options.profile.has_value() && !options.profile->empty();
  auto named = settings.profile_is_option ? options.profile : environment("AWS_PROFILE");
  if (!named) named = environment("AWS_DEFAULT_PROFILE");
  if (named) {
    settings.profile = *named;
    if (!files.has(*named))
      return fail(ErrorKind::usage, fmt::format("The AWS profile \"{}\" does not exist.", *named),
                  fmt::format("It was looked for in {} and {}.", files.config_path, files.credentials_path));
  }
  const Sources sources(environment, files, settings.profile);
  settings.region = first_region(options, environment, files, settings.profile);
  if (auto checked = check_region(settings.region); !checked) return fail(checked.error());
  settings.use_fips = sources.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  settings.use_dual_stack = sources.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  settings.use_global_sts = sources.get("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints") == "legacy";
  settings.ca_bundle =
      sources.get("AWS_CA_BUNDLE", "ca_bundle").value_or(environment("SSL_CERT_FILE").value_or(""));
  if (auto done = load_attempts(settings, sources); !done) return fail(done.error());
  if (auto done = load_endpoints(settings, environment, files); !done) return fail(done.error());
  return settings;
}

}  // namespace keyturn::aws
