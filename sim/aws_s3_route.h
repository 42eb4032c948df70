// Which bucket, key and operation an S3 request means.
#pragma once

#include <string>

#include "sim/aws_request.h"

namespace keyturn::sim {

struct S3Route {
  std::string bucket;       // empty: the service itself
  std::string key;          // decoded; empty: the bucket itself
  std::string host_region;  // that the host name states; empty: none
  std::string operation;    // "PutObject", "UploadPart" …; "METHOD subresource" where it is none of ours
  std::string action;       // as IAM policies name it: "PutObject", "ListBucket" …
  [[nodiscard]] std::string resource() const {
    return bucket.empty() ? "*" : "arn:aws:s3:::" + (key.empty() ? bucket : bucket + "/" + key);
  }
};

// The bucket stands in the host name (bucket.s3.REGION.amazonaws.com, also bucket.localhost) or begins the
// path.
S3Route route_s3(const AwsRequest& request);

}  // namespace keyturn::sim
