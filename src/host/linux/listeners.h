// Who listens on a local TCP port, as /proc/net/tcp and /proc/net/tcp6 tell: the test that takes the place of
// a certificate on loopback. A port above 1023 of a SQL Server that is stopped may be taken by any local
// user, and would get the login's password and the key.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace keyturn::host {

struct Listener {
  std::string address;  // "127.0.0.1", "0.0.0.0", "::", "::1"; an IPv4 address in IPv6 form as IPv4
  std::uint16_t port = 0;
  unsigned user = 0;
};

// Either file's text; lines that can't be understood are skipped.
std::vector<Listener> parse_listeners(std::string_view text);

// Does every listener that a connection to this address and port could reach belong to one of `users`, and is
// there one at all? ErrorKind::unavailable: nobody listens; denied: somebody else does.
Result<void> check_listeners(const std::vector<Listener>& listeners, const std::string& address,
                             std::uint16_t port, const std::set<unsigned>& users);

// Those of this machine, now.
std::vector<Listener> read_listeners();
// root, the user mssql where there is one, and who runs this process.
std::set<unsigned> trusted_users();

}  // namespace keyturn::host
