// HttpTransport as the system provides it: libcurl on Linux, WinHTTP on Windows. HTTP/1.1, TLS 1.2 or later,
// certificates always verified.
#pragma once

#include <memory>
#include <string>

#include "net/http_transport.h"

namespace keyturn::net {

struct TransportOptions {
  std::string ca_file;  // a PEM bundle that replaces the system's; empty: the system's
  std::string user_agent = "keyturn";
};

// Thread-safe. Proxies come from the environment (https_proxy, no_proxy …; on Windows from the system's
// settings where those are not set), but never for loopback hosts. On Linux connections are kept and reused
// by requests that are `repeatable`; on Windows each request has one of its own. Bodies above 16 MiB are
// refused. On Linux, writing to a closed connection raises no SIGPIPE only if the program ignores that
// signal.
std::unique_ptr<HttpTransport> system_transport(TransportOptions options);

}  // namespace keyturn::net
