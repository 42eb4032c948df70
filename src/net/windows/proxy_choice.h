// Which proxy the environment names for a URL, as curl reads it: Windows's own libraries don't look there.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/error.h"

namespace keyturn::net {

using Variable = std::function<std::optional<std::string>(const std::string& name)>;

struct ProxyChoice {
  enum class Kind { none, named, of_system };
  Kind kind = Kind::of_system;
  std::string address;  // "host:port" of a named one
};

// https_proxy or http_proxy by the URL's scheme, else all_proxy; none for hosts that no_proxy names: "*", a
// name (and all below it, with or without a leading dot) or an address. Where no variable is set, the system
// decides. ErrorKind::unsupported for a proxy that is not http:// or holds a user name.
Result<ProxyChoice> choose_proxy(const std::string& url, const Variable& variable);

}  // namespace keyturn::net
