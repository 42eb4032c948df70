#include "base/error.h"

namespace keyturn {

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::credentials:
      return "credentials";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::throttled:
      return "throttled";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timed_out:
      return "timed_out";
    case ErrorKind::past_deadline:
      return "past_deadline";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::invalid_reply:
      return "invalid_reply";
    case ErrorKind::backup_refused:
      return "backup_refused";
  }
  return "unknown";
}

const char* to_string(Effect effect) {
  switch (effect) {
    case Effect::none:
      return "none";
    case Effect::applied:
      return "applied";
    case Effect::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string Error::sentence() const { return hint.empty() ? message : message + " " + hint; }

}  // namespace keyturn
