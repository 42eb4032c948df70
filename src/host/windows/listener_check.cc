#include "host/windows/listener_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "host/windows/addresses.h"

namespace keyturn::host {
namespace {

constexpr const char* kHint =
    "End that process; or set an address in [[host.instance]] that the server's certificate is made out to, "
    "so that it "
    "is verified; or, where this is as it should be, [host] check_listener = false.";

// An IPv4 address as a socket for IPv6 writes it.
std::string_view without_mapping(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  const bool is_mapped = address.starts_with(kMapped) && address.find('.') != address.npos;
  return is_mapped ? address.substr(kMapped.size()) : address;
}

bool is_reached(const TcpListener& listener, const std::string& address) {
  if (is_same_address(without_mapping(listener.address), without_mapping(address))) return true;
  // A listener for IPv6 may take IPv4, too.
  return listener.address == "::" || (listener.address == "0.0.0.0" && !is_ipv6(address));
}

Result<void> check_process(const std::string& place, std::uint32_t process, const Expected& expected) {
  if (process == 0)
    return fail(ErrorKind::denied,
                fmt::format("Windows does not tell who listens on {}, so that it may be another than {}.",
                            place, expected.service),
                "Where nobody else can be there, set [host] check_listener = false.");
  if (!expected.processes.contains(process))
    return fail(
        ErrorKind::denied,
        fmt::format("{} is not that of {}: process {} listens there.", place, expected.service, process),
        kHint);
  return {};
}

}  // namespace

Result<void> check_tcp_owner(const std::vector<TcpListener>& listeners,
                             const std::vector<std::string>& addresses, std::uint16_t port,
                             const Expected& expected) {
  bool found = false;
  for (const TcpListener& listener : listeners) {
    const bool reached = listener.port == port &&
                         std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
                           return is_reached(listener, address);
                         });
    if (!reached) continue;
    if (auto owned = check_process(fmt::format("Port {} of this host", port), listener.process, expected);
        !owned)
      return owned;
    found = true;
  }
  if (found) return {};
  return fail(ErrorKind::unavailable,
              fmt::format("Nobody listens on {}, port {}, of this host.", fmt::join(addresses, ", "), port),
              "Was the port changed since SQL Server was started? Restart it, or name the port in "
              "[[host.instance]].");
}

Result<void> check_pipe_owner(const std::string& pipe, std::uint32_t process, const Expected& expected) {
  return check_process(fmt::format("The pipe {}", pipe), process, expected);
}

}  // namespace keyturn::host
