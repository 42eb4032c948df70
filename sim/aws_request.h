// One HTTP request to AWS, taken apart.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_transport.h"

namespace keyturn::sim {

// "%20" and, where `plus_is_space`, "+" decoded. What is no valid escape stays as it stands.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
// As botocore encodes the keys of listings: everything but unreserved characters and '/'.
std::string percent_encode_key(std::string_view text);

// Decoded name=value pairs of a query string or a form body, in order. A name without '=' has an empty value.
class Params {
 public:
  Params() = default;
  static Params parse(std::string_view encoded, bool plus_is_space);

  [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
  [[nodiscard]] std::string get_or(std::string_view name, std::string fallback) const;
  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
  // The values of PREFIX1, PREFIX2 … until one is missing: "InstanceId." for instance.
  [[nodiscard]] std::vector<std::string> list(const std::string& prefix) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

struct AwsRequest {
  std::string method;
  std::string target;  // as on the request line
  std::string path;    // still encoded
  Params query;
  net::Headers headers;
  std::string body;

  [[nodiscard]] std::string header(std::string_view name) const {
    return std::string(net::find_header(headers, name));
  }
};
AwsRequest parse_aws_request(const std::string& method, const std::string& target,
                             const net::Headers& headers, std::string body);

// The body of a request with "aws-chunked" content, trailers dropped; nothing if it is malformed.
std::optional<std::string> decode_aws_chunks(std::string_view body);

}  // namespace keyturn::sim
