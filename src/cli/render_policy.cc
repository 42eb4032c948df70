#include "cli/render_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

#include "aws/endpoints.h"
#include "aws/s3_url.h"
#include "cli/render_region.h"
#include "render/rights.h"
#include "render/rights_scope.h"

namespace keyturn::cli {
namespace {

using render::Role;

constexpr Role kRoles[] = {Role::controller, Role::host, Role::backup_user};

Role role_named(const std::string& name) {
  return *std::find_if(std::begin(kRoles), std::end(kRoles),
                       [&](Role role) { return name == to_string(role); });
}

Result<std::string> region_of(const Options& options, const setup::Config& config) {
  auto region = known_region(options, config);
  if (region && region->empty())
    return fail(ErrorKind::usage, "The policy names the region, and none is known.",
                "Give --region, or set aws.region in the configuration.");
  return region;
}

Result<std::string> account_of(const std::string& text) {
  const bool good = text.size() == 12 &&
                    std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  if (good) return text;
  return fail(ErrorKind::usage,
              text.empty() ? "The policy names the account, and none is given."
                           : fmt::format("\"{}\" is no AWS account.", text),
              "Give --aws-account and its twelve digits; `aws sts get-caller-identity` tells them.");
}

// A value with a pattern in it would make a wider right. As the template's parameters have them.
Result<void> check_values(const PolicyOptions& chosen) {
  const struct {
    const char* option;
    const std::string& value;
    const char* pattern;
    const char* meaning;
  } kValues[] = {
      {"--backup-user", chosen.user, "[A-Za-z0-9_+=,.@-]{1,64}", "the name of an IAM user"},
      {"--user-path", chosen.user_path, "/([A-Za-z0-9_+=,.@/-]{1,500}/)?",
       "a path of IAM, which begins and ends with a slash"},
      {"--kms-key", chosen.kms_key, "arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64}",
       "the ARN of a KMS key; `aws kms describe-key` tells it"},
      {"--functions", chosen.functions, "[A-Za-z0-9_-]{1,64}", "how names of functions begin"},
  };
  for (const auto& each : kValues)
    if (!each.value.empty() && !std::regex_match(each.value, std::regex(each.pattern)))
      return fail(ErrorKind::usage, fmt::format("{} \"{}\" can't be used.", each.option, each.value),
                  fmt::format("Give {}.", each.meaning));
  return {};
}

// What has no place in this role's policy would be left out without a word.
Result<void> check_places(const PolicyOptions& chosen) {
  const Role role = role_named(chosen.role);
  const struct {
    const char* option;
    bool given;
    Role role;
  } kPlaces[] = {{"--functions", !chosen.functions.empty(), Role::controller},
                 {"--vpc", chosen.vpc, Role::controller},
                 {"--package-url", !chosen.package_url.empty(), Role::host},
                 {"--windows-package-url", !chosen.windows_package_url.empty(), Role::host},
                 {"--restore", chosen.restore, Role::backup_user}};
  for (const auto& each : kPlaces)
    if (each.given && role != each.role)
      return fail(ErrorKind::usage,
                  fmt::format("{} is an option of the policy of {}.", each.option, to_string(each.role)),
                  "Leave it out, or ask for that policy.");
  if (chosen.vpc && chosen.functions.empty())
    return fail(ErrorKind::usage, "--vpc is about keyturn in Lambda.", "Give --functions, too.");
  return {};
}

// "bucket/key" of a package in S3; empty for one that comes by https and needs no right.
std::string object_of(const std::string& url) {
  return url.starts_with("s3://") ? url.substr(5) : std::string{};
}

// "bucket/path" of each backup URL.
Result<std::vector<std::string>> object_places(const PolicyOptions& chosen,
                                               const setup::RotationSettings& rotation) {
  const auto& texts = chosen.bucket_urls.empty() ? rotation.bucket_urls : chosen.bucket_urls;
  if (texts.empty())
    return fail(ErrorKind::usage, "The policy names the bucket, and the configuration leaves it to a secret.",
                "Give --bucket-url and what that secret holds.");
  std::vector<std::string> places;
  for (const std::string& text : texts) {
    const auto url = aws::parse_s3_url(text);
    if (!url) return fail(url.error());
    places.push_back(url->bucket + (url->key_prefix.empty() ? "" : "/" + url->key_prefix));
  }
  return places;
}

Result<render::AccountPlace> place_of(const Options& options, const PolicyOptions& chosen,
                                      const setup::Config& config, const setup::RotationSettings& rotation) {
  render::AccountPlace place;
  const auto region = region_of(options, config);
  if (!region) return fail(region.error());
  place.region = *region;
  const aws::Partition& partition = aws::partition_of(place.region);
  place.partition = std::string(partition.name);
  place.dns_suffix = std::string(partition.suffix);
  if (role_named(chosen.role) == Role::backup_user) {
    auto places = object_places(chosen, rotation);
    if (!places) return fail(places.error());
    place.object_places = std::move(*places);
    place.restore = chosen.restore;
    return place;  // S3 knows no account in its ARNs
  }
  const auto account = account_of(chosen.account);
  if (!account) return fail(account.error());
  place.account = *account;
  place.user_path = chosen.user_path;
  place.kms_key = chosen.kms_key;
  place.functions = chosen.functions;
  place.vpc = chosen.vpc;
  place.package = object_of(chosen.package_url);
  place.windows_package = object_of(chosen.windows_package_url);
  return place;
}

}  // namespace

const std::vector<std::string>& policy_roles() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Role role : kRoles) names.emplace_back(to_string(role));
    return names;
  }();
  return kNames;
}

Result<std::string> render_policy(const Options& options, const PolicyOptions& chosen,
                                  const setup::Config& config, const setup::RotationSettings& rotation) {
  if (const auto good = check_values(chosen); !good) return fail(good.error());
  if (const auto good = check_places(chosen); !good) return fail(good.error());
  const auto place = place_of(options, chosen, config, rotation);
  if (!place) return fail(place.error());
  const Role role = role_named(chosen.role);
  render::RightsScope scope = render::scope_of(config, rotation, *place);
  if (rotation.iam_user.empty() && !chosen.user.empty()) scope.values["user"] = {chosen.user};
  if (role == Role::controller && scope.values["user"].empty())
    return fail(ErrorKind::usage,
                "The policy names the backup user, and the configuration leaves that to a secret.",
                fmt::format("Give --backup-user and what the secret {} holds.", rotation.iam_user_secret));
  const auto rights = render::filled_rights(role, scope.needs, scope.values);
  return chosen.explain ? render::rights_json(rights) : render::policy_json(rights);
}

}  // namespace keyturn::cli
