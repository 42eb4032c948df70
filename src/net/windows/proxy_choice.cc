#include "net/windows/proxy_choice.h"

#include <cctype>

#include "net/transport_parts.h"

namespace keyturn::net {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string without_port(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  const bool is_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  return is_port ? host.substr(0, colon) : host;
}

bool is_exempt(const std::string& host, const std::string& no_proxy) {
  std::size_t at = 0;
  while ((at = no_proxy.find_first_not_of(", \t", at)) != std::string::npos) {
    const std::size_t end = std::min(no_proxy.find_first_of(", \t", at), no_proxy.size());
    std::string entry = lower(no_proxy.substr(at, end - at));
    at = end;
    if (entry == "*") return true;
    if (entry.starts_with('.')) entry.erase(0, 1);
    if (!entry.empty() && (host == entry || host.ends_with("." + entry))) return true;
  }
  return false;
}

// Windows's variables know no case; on Linux, where the tests run too, both are common.
std::string value_of(const Variable& variable, const std::string& name) {
  if (auto value = variable(name); value && !value->empty()) return *value;
  std::string upper = name;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable(upper).value_or("");
}

}  // namespace

Result<ProxyChoice> choose_proxy(const std::string& url, const Variable& variable) {
  using Kind = ProxyChoice::Kind;
  const std::string name = url.starts_with("https:") ? "https_proxy" : "http_proxy";
  std::string proxy = value_of(variable, name);
  if (proxy.empty()) proxy = value_of(variable, "all_proxy");
  if (is_exempt(lower(without_port(host_of(url))), value_of(variable, "no_proxy")))
    return ProxyChoice{Kind::none, {}};
  if (proxy.empty()) return ProxyChoice{Kind::of_system, {}};
  const bool is_http = proxy.starts_with("http://") || proxy.find("://") == std::string::npos;
  const std::string address = host_of(proxy);
  if (!is_http || address.find('@') != std::string::npos || address.empty())
    return fail(ErrorKind::unsupported,
                "The proxy in " + name + " can't be used: it is not http://HOST:PORT.",
                "On Windows keyturn uses proxies that speak http and ask for no user name.");
  return ProxyChoice{Kind::named, address};
}

}  // namespace keyturn::net
