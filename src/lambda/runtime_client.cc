#include "lambda/runtime_client.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace keyturn::lambda {
namespace {

constexpr Duration kNoLimit = std::chrono::hours{24 * 365};
constexpr Duration kConnect = std::chrono::seconds{5};
constexpr int kTries = 2;

std::optional<TimePoint> deadline_of(std::string_view ms) {
  Duration::rep count = 0;
  const auto parsed = std::from_chars(ms.data(), ms.data() + ms.size(), count);
  if (ms.empty() || parsed.ec != std::errc{} || parsed.ptr != ms.data() + ms.size()) return std::nullopt;
  return TimePoint{Duration{count}};
}

tl::unexpected<Error> not_understood(const std::string& what) {
  return fail(ErrorKind::invalid_reply, fmt::format("The Lambda Runtime API answered {}.", what));
}

}  // namespace

std::string error_json(const FunctionError& error) {
  const nlohmann::ordered_json body{{"errorMessage", error.message},
                                    {"errorType", error.type},
                                    {"stackTrace", nlohmann::ordered_json::array()}};
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

RuntimeClient::RuntimeClient(net::HttpTransport& transport, const std::string& address)
    : transport_(transport), base_("http://" + address + "/2018-06-01/runtime/") {}

Result<Invocation> RuntimeClient::next() {
  Error last;
  for (int tries = 0; tries < kTries; ++tries) {
    net::HttpRequest request;
    request.url = base_ + "invocation/next";
    request.connect_timeout = kConnect;
    request.timeout = kNoLimit;
    request.use_proxy = false;
    request.repeatable = true;
    auto reply = transport_.send(std::move(request));
    if (!reply) {
      last = reply.error();
      continue;
    }
    if (reply->status != 200) return not_understood(fmt::format("with HTTP status {}", reply->status));
    Invocation invocation;
    invocation.request_id = reply->header("Lambda-Runtime-Aws-Request-Id");
    if (invocation.request_id.empty()) return not_understood("without a request id");
    invocation.deadline = deadline_of(reply->header("Lambda-Runtime-Deadline-Ms"));
    invocation.function_arn = reply->header("Lambda-Runtime-Invoked-Function-Arn");
    invocation.trace_id = reply->header("Lambda-Runtime-Trace-Id");
    invocation.payload = std::move(reply->body);
    return invocation;
  }
  return fail(std::move(last));
}

Posted RuntimeClient::respond(const std::string& request_id, std::string json) {
  return post(fmt::format("invocation/{}/response", request_id), std::move(json), {});
}

Posted RuntimeClient::fail_invocation(const std::string& request_id, const FunctionError& error) {
  return post(fmt::format("invocation/{}/error", request_id), error_json(error), error.type);
}

Posted RuntimeClient::post(const std::string& path, std::string body, const std::string& error_type) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = base_ + path;
  request.headers = {{"Content-Type", "application/json"}};
  if (!error_type.empty()) request.headers.emplace_back("Lambda-Runtime-Function-Error-Type", error_type);
  request.body = std::move(body);
  request.connect_timeout = kConnect;
  request.use_proxy = false;
  for (int tries = 0; tries < kTries; ++tries) {
    const auto reply = transport_.send(request);
    if (!reply) continue;  // a second one is refused where the first got through
    if (reply->status >= 500) return Posted::broken;
    return reply->status < 300 || tries > 0 ? Posted::accepted : Posted::refused;
  }
  return Posted::broken;
}

}  // namespace keyturn::lambda
