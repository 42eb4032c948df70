// Percent-encoding as AWS's signature rules want it (RFC 3986, upper-case hex).
#pragma once

#include <string>
#include <string_view>

namespace keyturn::aws {

// Letters, digits and "-._~" stay, and so do the characters of `keep`; every other byte becomes %XX.
std::string percent_encode(std::string_view text, std::string_view keep = {});
// An S3 object key as a path: '/' stays.
inline std::string encode_object_key(std::string_view key) { return percent_encode(key, "/"); }

// The parts of "scheme://host[:port]/path?query".
struct UrlParts {
  std::string_view scheme;
  std::string_view host;    // without the port; IPv6 in brackets
  std::string_view port;    // empty: the scheme's own
  std::string_view target;  // path and query, as on the request line; may be empty
};
UrlParts split_url(std::string_view url);

}  // namespace keyturn::aws
