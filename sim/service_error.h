// What a simulated AWS service answers: a value, or an error with AWS's own code, HTTP status and text.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace keyturn::sim {

struct ServiceError {
  std::string
      code;  // as the service's own documentation spells it: "NoSuchEntity", "ResourceNotFoundException"
  int http_status = 400;
  std::string message;
};

// A class of its own, since an alias can't be [[nodiscard]].
template <class T>
class [[nodiscard]] Reply : public tl::expected<T, ServiceError> {
 public:
  using tl::expected<T, ServiceError>::expected;
  Reply(tl::expected<T, ServiceError> plain)  // of map() and its like
      : tl::expected<T, ServiceError>(std::move(plain)) {}
};

inline tl::unexpected<ServiceError> refuse(std::string code, int http_status, std::string message) {
  return tl::unexpected<ServiceError>(ServiceError{std::move(code), http_status, std::move(message)});
}

}  // namespace keyturn::sim
