#include "net/transport_parts.h"

namespace keyturn::net {

std::string host_of(const std::string& url) {
  const std::size_t mark = url.find("://");
  const std::size_t from = mark == std::string::npos ? 0 : mark + 3;
  return url.substr(from, url.find_first_of("/?", from) - from);
}

bool is_loopback(const std::string& host) {
  const bool is_address = host.find_first_not_of("0123456789.:") == std::string::npos;
  return (is_address && host.starts_with("127.")) || host == "localhost" || host.starts_with("localhost:") ||
         host.starts_with("[::1]");
}

Error never_reached(Obstacle obstacle, const std::string& host, const std::string& detail) {
  Error error{ErrorKind::unavailable, Effect::none, {}, {}, {}};
  if (obstacle == Obstacle::certificate) {
    error.message = "The TLS certificate of " + host + " could not be verified: " + detail + ".";
    error.hint =
        "If that host has a certificate of your own authority, name its PEM bundle in AWS_CA_BUNDLE.";
  } else if (obstacle == Obstacle::name) {
    error.message = "The name of " + host + " could not be resolved: " + detail + ".";
    error.hint = "Check the network, DNS, the region and AWS_ENDPOINT_URL.";
  } else {
    error.message = "No connection to " + host +
                    (obstacle == Obstacle::time ? " came about in time: " : " came about: ") + detail + ".";
    error.hint = "Check the network, firewalls and https_proxy.";
  }
  return error;
}

Error reply_missing(Gap gap, const std::string& host, const std::string& detail) {
  Error error{ErrorKind::unavailable, Effect::unknown, {}, {}, {}};
  if (gap == Gap::too_large) {
    error.kind = ErrorKind::invalid_reply;
    error.message = host + " sent a reply of more than 16 MiB.";
  } else if (gap == Gap::time) {
    error.kind = ErrorKind::timed_out;
    error.message = host + " did not answer in time: " + detail + ".";
  } else {
    error.message = "The connection to " + host + " ended before a whole reply had come: " + detail + ".";
  }
  return error;
}

}  // namespace keyturn::net
