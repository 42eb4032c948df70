// Amazon S3 and compatible stores: one bucket (rest-xml protocol).
#pragma once

#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/s3_url.h"

namespace keyturn::aws {

// Thread-safe. Keys are plain text; they are encoded here.
class S3 {
 public:
  // The client's endpoint is that of `style`: with virtual_host the bucket is part of its host name.
  S3(Client client, std::string bucket, S3Style style);
  static ServiceTraits traits() { return {"S3", "s3", Protocol::rest_xml}; }

  struct BucketAnswer {
    int status = 0;      // 200, 301, 400, 403, 404
    std::string region;  // where the bucket really is; empty where the store does not say
  };
  Result<BucketAnswer> head_bucket() const;
  // ListObjectsV2 for no object at all: the cheapest proof that the key works and may list (s3:ListBucket).
  Result<void> probe() const;

  struct ObjectInfo {
    std::string etag;  // with its quotes
    std::size_t size = 0;
  };
  Result<ObjectInfo> head_object(const std::string& key) const;
  Result<std::string> get_object(const std::string& key) const;
  Result<std::string> put_object(const std::string& key, std::string body) const;  // its ETag
  Result<void> delete_object(const std::string& key) const;  // no failure where there is none

  // A multipart upload. Parts are numbered from 1; all but the last hold at least 5 MiB on AWS.
  Result<std::string> create_multipart_upload(const std::string& key) const;  // its id
  Result<std::string> upload_part(const std::string& key, const std::string& upload_id, int number,
                                  std::string body) const;  // its ETag
  Result<void> complete_multipart_upload(const std::string& key, const std::string& upload_id,
                                         const std::vector<std::string>& etags) const;
  Result<void> abort_multipart_upload(const std::string& key, const std::string& upload_id) const;

 private:
  Call make_call(const std::string& operation, Nature nature, const std::string& method,
                 const std::string& key, const std::string& query = {}, std::string body = {}) const;
  Result<std::string> etag_of(Call call) const;

  Client client_;
  std::string bucket_;
  std::string root_;  // of object paths: "/" or "/bucket/"
};

}  // namespace keyturn::aws
