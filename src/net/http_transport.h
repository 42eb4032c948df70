// The seam to HTTP: one request, one response. libcurl implements it here, a fake world in tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"
#include "base/time.h"

namespace keyturn::net {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names as sent; compare without case

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // scheme://host[:port]/path?query, already percent-encoded
  Headers headers;
  std::string body;
  Duration connect_timeout{10'000};
  Duration timeout{60'000};  // for the whole exchange
  bool use_proxy = true;     // off for link-local endpoints and the Lambda runtime
  bool wipe_body = false;    // the body holds secret bytes: overwritten after sending
  // Sending it twice does no harm. Only such a request may go over a kept connection: when that turns out to
  // be closed, HTTP libraries silently send again, and whether the first was carried out is not known.
  bool repeatable = false;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;

  // The first header of that name, or nothing.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

// Thread-safe. An answer with any status is a success here. Errors: ErrorKind::unavailable with Effect::none
// where the request can't have reached the server (name resolution, refused connection, failed TLS
// handshake); timed_out or unavailable with Effect::unknown once bytes of it may have. TLS certificates are
// always verified. Redirects are never followed: a signature covers one host.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual Result<HttpResponse> send(HttpRequest request) = 0;
};

std::string_view find_header(const Headers& headers, std::string_view name);

}  // namespace keyturn::net
