// HttpTransport over libcurl: HTTP/1.1, TLS 1.2 or later, certificates always verified.
#pragma once

#include <memory>
#include <string>

#include "net/http_transport.h"

namespace keyturn::net {

struct CurlOptions {
  std::string ca_file;  // a PEM bundle that replaces the system's; empty: the system's
  std::string user_agent = "keyturn";
};

// Thread-safe. Proxies come from the environment as libcurl reads it (https_proxy, no_proxy …), but never for
// loopback hosts. Connections are kept and reused by requests that are `repeatable`. Bodies above 16 MiB are
// refused. Writing to a closed connection raises no SIGPIPE only if the program ignores that signal.
class CurlTransport final : public HttpTransport {
 public:
  explicit CurlTransport(CurlOptions options);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  Result<HttpResponse> send(HttpRequest request) override;

 private:
  class HandlePool;
  CurlOptions options_;
  std::unique_ptr<HandlePool> pool_;
};

}  // namespace keyturn::net
