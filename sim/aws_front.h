// AWS as one HTTP server sees it: bytes in, bytes out. Tells the services apart, checks who calls and what
// they may do, brings the faults about, and keeps the record of calls.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "net/http_transport.h"
#include "sim/aws_auth.h"
#include "sim/world.h"

namespace keyturn::sim {

// What becomes of the connection.
enum class Ending {
  reply,       // the response is sent
  reply_lost,  // the connection ends before a byte of it
  cut,         // the connection ends in the middle of it
  hang,        // nothing is sent; the connection stays open
};

struct Exchange {
  net::HttpResponse response;
  Ending ending = Ending::reply;
};

// Thread-safe. The world must outlive it.
class AwsFront {
 public:
  explicit AwsFront(World& world) : world_(world) {}

  // `target` is the request target ("/path?query"), `headers` hold Host, `body` is whole and without transfer
  // coding. A fault of the kind `delay` sleeps on the world's clock; `stop` ends that sleep. Never throws.
  Exchange handle(const std::string& method, const std::string& target, const net::Headers& headers,
                  std::string body, const StopFlag* stop = nullptr);

 private:
  struct Job;
  net::HttpResponse carry_out(Job& job);
  Reply<net::HttpResponse> serve(Job& job, const Caller& caller);
  Reply<void> check_body(Job& job) const;
  [[nodiscard]] Reply<void> check_region(Job& job) const;
  net::HttpResponse render(const Job& job, const ServiceError& error) const;
  void finish(const Job& job, net::HttpResponse& response) const;

  World& world_;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace keyturn::sim
