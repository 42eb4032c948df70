// Errors as values. Every fallible function returns Result<T>; exceptions stay inside a library's edge.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace keyturn {

// What a failed call left behind. `unknown` is the third outcome: the request may have been carried out
// although no reply came, so whoever holds it must look again and never blindly repeat the call.
enum class Effect { none, applied, unknown };

enum class ErrorKind {
  usage,           // bad option or configuration: exit status 2, nothing changed
  not_found,       // the thing named does not exist
  denied,          // the caller may not do this
  credentials,     // the caller's own credentials are missing, wrong or expired
  conflict,        // the world moved: compare-and-swap lost, name or token taken, limit reached
  throttled,       // told to slow down, and retries are used up
  unavailable,     // the service is ill (5xx) or can't be reached
  timed_out,       // no answer in time
  past_deadline,   // not done, since the deadline of the run's observation has passed
  cancelled,       // not done, since the user asked to stop
  unsupported,     // the server is of a version or edition that can't do this
  invalid_reply,   // an answer that can't be understood
  backup_refused,  // the engine holds the key, but could not back up with it
};

const char* to_string(ErrorKind kind);
const char* to_string(Effect effect);

// `message` is a sentence: what happened, to which host or resource. `hint` says what to do about it, or is
// empty. Neither ever holds secret bytes.
struct Error {
  ErrorKind kind = ErrorKind::unavailable;
  Effect effect = Effect::none;
  std::string code;  // the other side's own: "LimitExceeded", "15151"; may be empty
  std::string message;
  std::string hint;

  [[nodiscard]] std::string sentence() const;  // message, then hint
};

// A class of its own, since an alias can't be [[nodiscard]].
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, std::string hint = {}) {
  return tl::unexpected<Error>(Error{kind, Effect::none, {}, std::move(message), std::move(hint)});
}

}  // namespace keyturn
