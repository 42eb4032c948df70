#include "sim/world_transport.h"

namespace keyturn::sim {
namespace {

struct Url {
  std::string host;  // with the port, where it is not the scheme's own
  std::string target;
};

Url split(const std::string& url) {
  const std::size_t start = std::min(url.find("://"), url.size());
  const std::size_t host = std::min(start + 3, url.size());
  const std::size_t end = std::min(url.find_first_of("/?", host), url.size());
  Url parts{url.substr(host, end - host), url.substr(end)};
  for (const std::string_view standard : {"http:80", "https:443"}) {
    const std::size_t colon = standard.find(':');
    if (url.substr(0, start) == standard.substr(0, colon) && parts.host.ends_with(standard.substr(colon)))
      parts.host.resize(parts.host.size() - (standard.size() - colon));
  }
  if (parts.target.empty() || parts.target[0] != '/') parts.target.insert(0, "/");
  return parts;
}

tl::unexpected<Error> unknown_effect(ErrorKind kind, std::string message) {
  return fail(Error{kind, Effect::unknown, {}, std::move(message), {}});
}

}  // namespace

Result<net::HttpResponse> WorldTransport::send(net::HttpRequest request) {
  const Url url = split(request.url);
  if (net::find_header(request.headers, "Host").empty()) request.headers.emplace_back("Host", url.host);
  const TimePoint sent_at = world_.clock().now();
  Exchange exchange = front_.handle(request.method, url.target, request.headers, std::move(request.body));
  switch (exchange.ending) {
    case Ending::reply_lost:
    case Ending::cut:
      return unknown_effect(ErrorKind::unavailable,
                            url.host + " closed the connection before its reply was complete.");
    case Ending::hang:
      world_.clock().sleep_for(request.timeout, nullptr);
      return unknown_effect(ErrorKind::timed_out,
                            url.host + " gave no answer in " + format_duration(request.timeout) + ".");
    case Ending::reply:
      break;
  }
  if (world_.clock().now() - sent_at > request.timeout)
    return unknown_effect(ErrorKind::timed_out,
                          url.host + " gave no answer in " + format_duration(request.timeout) + ".");
  return std::move(exchange.response);
}

}  // namespace keyturn::sim
