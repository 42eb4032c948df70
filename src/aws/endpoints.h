// Which host answers for a service in a region (computed from botocore's endpoint rule sets).
#pragma once

#include <string>
#include <string_view>

#include "aws/client.h"
#include "aws/s3_url.h"
#include "aws/settings.h"

namespace keyturn::aws {

struct Partition {
  std::string_view name;               // "aws-cn", as in ARNs
  std::string_view suffix;             // "amazonaws.com.cn"
  std::string_view dual_stack_suffix;  // "api.amazonwebservices.com.cn"; empty: there is none
  std::string_view iam_host;
  std::string_view iam_region;  // that IAM's signatures name
};
const Partition& partition_of(std::string_view region);

// `service`: the signing name, "iam", "sts", "secretsmanager" or "ec2". ErrorKind::usage where no region is
// known or the partition has no such endpoint.
Result<Endpoint> resolve_endpoint(const Settings& settings, const std::string& service);

// The store of a backup URL. A configured endpoint wins over the URL's own host, and is then of path style.
struct S3Place {
  Endpoint endpoint;
  S3Style style = S3Style::path;
};
S3Place resolve_s3(const Settings& settings, const S3Url& url);

}  // namespace keyturn::aws
