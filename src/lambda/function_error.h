// An invocation's failure, as the Lambda Runtime API and the caller get it.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace keyturn::lambda {

// `type` has the form that the service takes, "(Runtime|Function)\.[A-Z][a-zA-Z]+" (others become
// "Function.Unknown"). `message` is one or more sentences, without secrets.
struct FunctionError {
  std::string type;
  std::string message;
};

// The response's JSON, or why there is none.
using Answer = tl::expected<std::string, FunctionError>;

inline tl::unexpected<FunctionError> fail_with(std::string type, std::string message) {
  return tl::unexpected(FunctionError{std::move(type), std::move(message)});
}

// {"errorMessage": …, "errorType": …, "stackTrace": []}
std::string error_json(const FunctionError& error);

}  // namespace keyturn::lambda
