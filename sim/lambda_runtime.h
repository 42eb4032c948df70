// The Lambda Runtime API over HTTP, as one environment sees it. Facts: AWS Lambda Developer Guide, "Using the
// Lambda runtime API for custom runtimes" (version 2018-06-01).
#pragma once

#include <string>

#include "sim/aws_front.h"
#include "sim/world.h"

namespace keyturn::sim {

// Thread-safe. The world must outlive it. Each environment has a server of its own (AWS_LAMBDA_RUNTIME_API is
// host:port), so that the caller says which one asks. Faults: "lambda-runtime:next|response|error|init".
class RuntimeFront {
 public:
  explicit RuntimeFront(World& world) : world_(world) {}

  // As AwsFront::handle(). A request for the next invocation waits for one; the connection of an environment
  // that was killed ends without a reply.
  Exchange handle(const std::string& environment_id, const std::string& method, const std::string& target,
                  const net::Headers& headers, const std::string& body, const StopFlag* stop = nullptr);

 private:
  World& world_;
};

}  // namespace keyturn::sim
