// The Lambda Runtime API, version 2018-06-01. Facts: AWS Lambda Developer Guide, "Using the Lambda runtime
// API for custom runtimes".
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "lambda/function_error.h"
#include "net/http_transport.h"

namespace keyturn::lambda {

struct Invocation {
  std::string request_id;
  std::string payload;  // JSON as the caller sent it
  std::optional<TimePoint> deadline;
  std::string function_arn;
  std::string trace_id;  // may be empty
};

// What the service says to an answer.
enum class Posted {
  accepted,
  refused,  // not now, not this, or too large: the next invocation may go better
  broken,   // the environment is broken: the runtime must end
};

// Not thread-safe. Never uses a proxy.
class RuntimeClient {
 public:
  // `address` is AWS_LAMBDA_RUNTIME_API: "host:port".
  RuntimeClient(net::HttpTransport& transport, const std::string& address);

  // Waits for the next invocation, for hours if need be: the environment may be frozen in the meantime, and
  // the connection found dead afterwards. So it is asked twice before it is an error, which the runtime ends
  // on.
  Result<Invocation> next();
  Posted respond(const std::string& request_id, std::string json);
  Posted fail_invocation(const std::string& request_id, const FunctionError& error);

 private:
  Posted post(const std::string& path, std::string body, const std::string& error_type);

  net::HttpTransport& transport_;
  const std::string base_;
};

}  // namespace keyturn::lambda
