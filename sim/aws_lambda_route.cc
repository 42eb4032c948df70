#include "sim/aws_lambda_route.h"

#include <array>

namespace keyturn::sim {
namespace {

struct Shape {
  std::string_view method;
  std::string_view version;
  std::string_view rest;  // what follows the function's name; "-": the path names none
  std::string_view operation;
};
constexpr std::array kShapes{
    Shape{"POST", "2015-03-31", "-", "CreateFunction"},
    Shape{"GET", "2015-03-31", "-", "ListFunctions"},
    Shape{"GET", "2015-03-31", "", "GetFunction"},
    Shape{"DELETE", "2015-03-31", "", "DeleteFunction"},
    Shape{"PUT", "2015-03-31", "code", "UpdateFunctionCode"},
    Shape{"GET", "2015-03-31", "configuration", "GetFunctionConfiguration"},
    Shape{"PUT", "2015-03-31", "configuration", "UpdateFunctionConfiguration"},
    Shape{"POST", "2015-03-31", "invocations", "Invoke"},
    Shape{"POST", "2015-03-31", "policy", "AddPermission"},
    Shape{"GET", "2015-03-31", "policy", "GetPolicy"},
    Shape{"PUT", "2017-10-31", "concurrency", "PutFunctionConcurrency"},
    Shape{"DELETE", "2017-10-31", "concurrency", "DeleteFunctionConcurrency"},
};

}  // namespace

LambdaRoute route_lambda(const AwsRequest& request) {
  // /VERSION/functions[/NAME[/REST]]
  const std::string_view path = request.path;
  constexpr std::string_view kFunctions = "/functions";
  const std::size_t mark = path.find(kFunctions);
  if (mark == std::string_view::npos || mark == 0) return {};
  const std::string_view version = path.substr(1, mark - 1);
  std::string_view tail = path.substr(mark + kFunctions.size());
  while (tail.starts_with('/')) tail.remove_prefix(1);
  while (tail.ends_with('/')) tail.remove_suffix(1);
  const std::size_t slash = std::min(tail.find('/'), tail.size());
  const std::string function = percent_decode(tail.substr(0, slash));
  const std::string_view rest =
      tail.empty() ? std::string_view("-") : tail.substr(std::min(slash + 1, tail.size()));
  for (const Shape& shape : kShapes)
    if (shape.method == request.method && shape.version == version && shape.rest == rest)
      return {std::string(shape.operation), function};
  return {};
}

}  // namespace keyturn::sim
