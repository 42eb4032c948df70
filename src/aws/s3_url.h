// The URL of a backup place as SQL Server takes it: "s3://HOST[:PORT]/…" (SQL Server documentation, "SQL
// Server backup to URL for S3-compatible object storage"). The same text is the name of the SQL Server
// credential.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace keyturn::aws {

enum class S3Style { virtual_host, path };

struct S3Url {
  std::string text;      // "s3://…", without trailing '/': the credential's name
  std::string host;      // as in the URL, lower case, with the port where one is stated
  std::string endpoint;  // the host without the bucket, with the port
  std::string bucket;
  std::optional<std::string> region;  // where the host says it
  std::string key_prefix;             // without a leading '/'; may be empty
  S3Style style = S3Style::path;
  bool is_aws = false;  // an AWS host, else an S3-compatible store

  // The region that requests are signed for: SQL Server's own default where the URL says none.
  [[nodiscard]] std::string signing_region() const { return region.value_or("us-east-1"); }
};

// With or without "s3://". ErrorKind::usage with a sentence for what SQL Server or keyturn can't use: another
// scheme, no bucket, a bucket name that S3 forbids, more than 128 characters (SQL Server's limit of a
// credential's name), a character that could end a quoted name or literal, blanks, control or non-ASCII
// characters, dots in a bucket that is part of the host name (no certificate matches it).
Result<S3Url> parse_s3_url(std::string_view text);

}  // namespace keyturn::aws
