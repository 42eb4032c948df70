#include "setup/host_clock.h"

#include "aws/http_date.h"

namespace keyturn::setup {

// AWS's time when it answered was less than date + 1 s, and the host's no earlier than `sent`. The latest
// that is possible: too late a clock refuses a write, too early a one lets it land late.
void HostClock::learn(TimePoint sent, TimePoint date) {
  const std::lock_guard lock(mutex_);
  correction_ = date + std::chrono::seconds{1} - sent;
}

Duration HostClock::correction() const {
  const std::lock_guard lock(mutex_);
  return correction_;
}

Result<net::HttpResponse> DatedTransport::send(net::HttpRequest request) {
  // Not those of metadata services: they are the host's own, or nobody's.
  const bool is_aws = net::find_header(request.headers, "X-Amz-Target").starts_with("secretsmanager.");
  const TimePoint sent = clock_.local().now();
  auto reply = transport_.send(std::move(request));
  if (!is_aws || !reply) return reply;
  if (const auto date = aws::parse_http_date(reply->header("Date"))) clock_.learn(sent, *date);
  return reply;
}

}  // namespace keyturn::setup
