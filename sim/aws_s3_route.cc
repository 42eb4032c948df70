#include "sim/aws_s3_route.h"

#include <array>

namespace keyturn::sim {
namespace {

std::string host_without_port(const AwsRequest& request) {
  const std::string host = request.header("host");
  const std::size_t colon = host.rfind(':');
  return colon == std::string::npos || host.find(']', colon) != std::string::npos ? host
                                                                                  : host.substr(0, colon);
}

// "s3.eu-west-1.amazonaws.com", "s3-fips.dualstack.us-east-1.amazonaws.com" → the region; "s3.amazonaws.com"
// → none.
std::string region_of_endpoint(const std::string& endpoint) {
  const std::size_t end = endpoint.find(".amazonaws.com");
  if (end == std::string::npos) return {};
  const std::size_t start = endpoint.rfind('.', end - 1);
  return start == std::string::npos || start >= end ? std::string{}
                                                    : endpoint.substr(start + 1, end - start - 1);
}

struct Rule {
  std::string_view method;
  std::string_view marker;  // a query parameter that must be there; empty: none
  std::string_view operation;
  std::string_view action;
};

constexpr std::array<Rule, 1> kServiceRules{{{"GET", "", "ListBuckets", "ListAllMyBuckets"}}};
constexpr std::array<Rule, 4> kBucketRules{{{"HEAD", "", "HeadBucket", "ListBucket"},
                                            {"GET", "location", "GetBucketLocation", "GetBucketLocation"},
                                            {"GET", "list-type", "ListObjectsV2", "ListBucket"},
                                            {"GET", "", "ListObjects", "ListBucket"}}};
constexpr std::array<Rule, 8> kObjectRules{
    {{"POST", "uploads", "CreateMultipartUpload", "PutObject"},
     {"PUT", "uploadId", "UploadPart", "PutObject"},
     {"POST", "uploadId", "CompleteMultipartUpload", "PutObject"},
     {"DELETE", "uploadId", "AbortMultipartUpload", "AbortMultipartUpload"},
     {"PUT", "", "PutObject", "PutObject"},
     {"GET", "", "GetObject", "GetObject"},
     {"HEAD", "", "HeadObject", "GetObject"},
     {"DELETE", "", "DeleteObject", "DeleteObject"}}};
// Further subresources of buckets and objects that S3 has and this does not.
constexpr std::array<std::string_view, 12> kForeign{"acl",      "tagging",   "policy",    "versioning",
                                                    "versions", "lifecycle", "retention", "cors",
                                                    "uploads",  "website",   "delete",    "logging"};

template <std::size_t N>
void apply(const std::array<Rule, N>& rules, const AwsRequest& request, S3Route& route) {
  for (const Rule& rule : rules) {
    if (rule.method != request.method || (!rule.marker.empty() && !request.query.has(rule.marker))) continue;
    if (rule.marker.empty())
      for (const std::string_view name : kForeign)
        if (request.query.has(name)) return;
    route.operation = rule.operation;
    route.action = rule.action;
    return;
  }
}

}  // namespace

S3Route route_s3(const AwsRequest& request) {
  S3Route route;
  const std::string host = host_without_port(request);
  std::string path = percent_decode(request.path);
  if (path.starts_with("/")) path.erase(0, 1);
  std::size_t cut = host.find(".s3.");
  if (cut == std::string::npos) cut = host.find(".s3-");
  if (cut == std::string::npos && host.ends_with(".localhost"))
    cut = host.size() - std::string_view(".localhost").size();
  if (cut != std::string::npos) {
    route.bucket = host.substr(0, cut);
    route.key = path;
  } else {
    const std::size_t slash = std::min(path.find('/'), path.size());
    route.bucket = path.substr(0, slash);
    route.key = path.substr(std::min(slash + 1, path.size()));
  }
  route.host_region = region_of_endpoint(cut == std::string::npos ? host : host.substr(cut + 1));
  route.operation = request.method;
  if (route.bucket.empty()) {
    apply(kServiceRules, request, route);
  } else if (route.key.empty()) {
    apply(kBucketRules, request, route);
  } else {
    apply(kObjectRules, request, route);
  }
  return route;
}

}  // namespace keyturn::sim
