// The time of AWS on a host whose own clock may be wrong: `not_after` of an order is on the controller's and
// AWS's clock, and must be held to whatever the host believes.
#pragma once

#include <mutex>

#include "base/clock.h"
#include "net/http_transport.h"

namespace keyturn::setup {

// The host's clock, put right by the date of AWS's last answer. It is never behind AWS's, unless the host's
// clock was set back since that answer, and at most a second and a round trip ahead. Before the first answer
// it is the host's. Thread-safe.
class HostClock final : public Clock {
 public:
  explicit HostClock(Clock& local) : local_(local) {}

  [[nodiscard]] TimePoint now() const override { return local_.now() + correction(); }
  void sleep_for(Duration duration, const StopFlag* stop) override { local_.sleep_for(duration, stop); }

  // An answer dated `date` (whole seconds) came to a request that was sent at that time of the host's.
  void learn(TimePoint sent, TimePoint date);
  // What the host's dates lack; 0 before the first answer.
  [[nodiscard]] Duration correction() const;
  [[nodiscard]] const Clock& local() const { return local_; }

 private:
  Clock& local_;
  mutable std::mutex mutex_;
  Duration correction_{0};
};

// Shows the clock the dates of what Secrets Manager answers.
class DatedTransport final : public net::HttpTransport {
 public:
  DatedTransport(net::HttpTransport& transport, HostClock& clock) : transport_(transport), clock_(clock) {}
  Result<net::HttpResponse> send(net::HttpRequest request) override;

 private:
  net::HttpTransport& transport_;
  HostClock& clock_;
};

}  // namespace keyturn::setup
