// For tests only: a transport that a test answers for, and a clock that moves only when somebody sleeps.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "aws/client.h"
#include "base/clock.h"
#include "base/random.h"
#include "net/http_transport.h"

namespace keyturn::aws {

class ScriptedTransport final : public net::HttpTransport {
 public:
  using Answer = std::function<Result<net::HttpResponse>(const net::HttpRequest&)>;
  explicit ScriptedTransport(Answer answer) : answer_(std::move(answer)) {}

  Result<net::HttpResponse> send(net::HttpRequest request) override {
    requests.push_back(request);
    return answer_(request);
  }

  std::vector<net::HttpRequest> requests;

 private:
  Answer answer_;
};

inline Result<net::HttpResponse> reply(int status, std::string body, net::Headers headers = {}) {
  return net::HttpResponse{status, std::move(headers), std::move(body)};
}
inline Result<net::HttpResponse> no_answer() {
  return fail(Error{ErrorKind::timed_out, Effect::unknown, "", "host did not answer in time.", ""});
}
inline Result<net::HttpResponse> not_reached() {
  return fail(Error{ErrorKind::unavailable, Effect::none, "", "No connection to host came about.", ""});
}

class ManualClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  void sleep_for(Duration duration, const StopFlag* /*stop*/) override {
    now_ += duration;
    slept += duration;
  }

  Duration slept{0};

 private:
  TimePoint now_ = std::chrono::sys_days{std::chrono::year{2026} / 1 / 2};
};

// What a client needs, with a transport that `answer` speaks for.
struct Bench {
  explicit Bench(ScriptedTransport::Answer answer) : transport(std::move(answer)) {}
  [[nodiscard]] ClientContext context() { return {transport, clock, random}; }
  [[nodiscard]] Client client(const ServiceTraits& traits) {
    return {
        context(), credentials, {"https://" + traits.prefix + ".test", {"us-east-1", traits.prefix}}, traits};
  }

  ScriptedTransport transport;
  ManualClock clock;
  SeededRandom random{1};
  std::shared_ptr<CredentialSource> credentials =
      std::make_shared<StaticCredentials>(Credentials{"AKIDEXAMPLE", SecretString("own-secret"), {}, {}});
};

}  // namespace keyturn::aws
