// Which Lambda operation a REST request is. Facts: AWS Lambda API reference 2015-03-31.
#pragma once

#include <string>

#include "sim/aws_request.h"

namespace keyturn::sim {

struct LambdaRoute {
  std::string operation = "?";  // "Invoke", "GetFunction" …
  std::string function;         // as the path names it, decoded; empty where it names none
};
LambdaRoute route_lambda(const AwsRequest& request);

}  // namespace keyturn::sim
