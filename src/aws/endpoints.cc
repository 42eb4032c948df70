#include "aws/endpoints.h"

#include <fmt/format.h>

#include <array>

namespace keyturn::aws {
namespace {

struct PrefixedPartition {
  std::string_view prefix;
  Partition partition;
};

constexpr std::array<PrefixedPartition, 5> kPartitions{{
    {"cn-",
     {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "iam.cn-north-1.amazonaws.com.cn",
      "cn-north-1"}},
    {"us-gov-", {"aws-us-gov", "amazonaws.com", "api.aws", "iam.us-gov.amazonaws.com", "us-gov-west-1"}},
    {"us-isob-", {"aws-iso-b", "sc2s.sgov.gov", "", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"}},
    {"us-iso-", {"aws-iso", "c2s.ic.gov", "", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"}},
    {"eusc-",
     {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "iam.eusc-de-east-1.amazonaws.eu",
      "eusc-de-east-1"}},
}};
constexpr Partition kAws{"aws", "amazonaws.com", "api.aws", "iam.amazonaws.com", "us-east-1"};

std::string configured(const Settings& settings, const std::string& service) {
  const auto found = settings.endpoint_urls.find(service);
  return found == settings.endpoint_urls.end() ? settings.endpoint_url : found->second;
}

std::string iam_host(const Settings& settings, const Partition& partition) {
  if (partition.name == "aws") {
    if (settings.use_dual_stack) return settings.use_fips ? "iam-fips.global.api.aws" : "iam.global.api.aws";
    if (settings.use_fips) return "iam-fips.amazonaws.com";
  }
  if (partition.name == "aws-us-gov" && settings.use_dual_stack) return "iam.us-gov.api.aws";
  return std::string(partition.iam_host);
}

Result<std::string> regional_host(const Settings& settings, const Partition& partition,
                                  const std::string& service) {
  // GovCloud's plain hosts of these services are FIPS endpoints already.
  const bool plain_is_fips = partition.name == "aws-us-gov" && service != "secretsmanager";
  const std::string name = settings.use_fips && !plain_is_fips ? service + "-fips" : service;
  if (settings.use_fips && partition.name == "aws-cn")
    return fail(ErrorKind::usage, "AWS has no FIPS endpoints in China.", "Unset AWS_USE_FIPS_ENDPOINT.");
  // Secrets Manager's ordinary host answers over IPv6 too.
  const bool dual = settings.use_dual_stack && service != "secretsmanager";
  if (dual && partition.dual_stack_suffix.empty())
    return fail(ErrorKind::usage,
                fmt::format("There are no dual-stack endpoints in region {}.", settings.region),
                "Unset AWS_USE_DUALSTACK_ENDPOINT.");
  return fmt::format("{}.{}.{}", name, settings.region,
                     dual ? partition.dual_stack_suffix : partition.suffix);
}

}  // namespace

const Partition& partition_of(std::string_view region) {
  for (const PrefixedPartition& candidate : kPartitions)
    if (region.starts_with(candidate.prefix)) return candidate.partition;
  return kAws;
}

Result<Endpoint> resolve_endpoint(const Settings& settings, const std::string& service) {
  if (settings.region.empty())
    return fail(ErrorKind::usage, "No AWS region is known.",
                "Set AWS_REGION, name one in the configuration, or add it to your AWS profile.");
  const Partition& partition = partition_of(settings.region);
  const bool is_iam = service == "iam";
  const bool is_global_sts = service == "sts" && settings.use_global_sts && partition.name == "aws";
  Endpoint endpoint;
  endpoint.scope = {is_iam ? std::string(partition.iam_region) : settings.region, service};
  if (is_global_sts) endpoint.scope.region = "us-east-1";
  endpoint.url = configured(settings, service);
  if (!endpoint.url.empty()) return endpoint;
  if (is_global_sts) {
    endpoint.url = "https://sts.amazonaws.com";
  } else if (is_iam) {
    endpoint.url = "https://" + iam_host(settings, partition);
  } else {
    auto host = regional_host(settings, partition, service);
    if (!host) return fail(host.error());
    endpoint.url = "https://" + *host;
  }
  return endpoint;
}

S3Place resolve_s3(const Settings& settings, const S3Url& url) {
  S3Place place;
  place.endpoint.scope = {url.signing_region(), "s3"};
  place.endpoint.url = configured(settings, "s3");
  if (!place.endpoint.url.empty()) return place;
  place.endpoint.url = "https://" + url.host;  // s3:// always means TLS
  place.style = url.style;
  return place;
}

}  // namespace keyturn::aws
