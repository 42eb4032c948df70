// The way from keyturn's AWS clients into a simulated account, in this process.
#pragma once

#include "net/http_transport.h"
#include "sim/aws_front.h"

namespace keyturn::sim {

// Thread-safe. A lost or cut reply is Effect::unknown; a hang passes the request's time-out on the world's
// clock first. A fault of the kind `delay` past the time-out is carried out all the same, and the caller does
// not learn of it.
class WorldTransport final : public net::HttpTransport {
 public:
  explicit WorldTransport(World& world) : world_(world), front_(world) {}
  Result<net::HttpResponse> send(net::HttpRequest request) override;

 private:
  World& world_;
  AwsFront front_;
};

}  // namespace keyturn::sim
