// The seam to what Windows knows of listeners and addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace keyturn::host {

struct TcpListener {
  std::string address;  // "0.0.0.0", "127.0.0.1", "::"
  std::uint16_t port = 0;
  std::uint32_t process = 0;  // 0: not told, as always under Wine
};

// Thread-safe. Addresses are texts of IPv4 and IPv6 addresses.
class Network {
 public:
  virtual ~Network() = default;
  [[nodiscard]] virtual Result<std::vector<TcpListener>> listeners() const = 0;
  // This host's own, loopback apart. Empty where Windows does not tell.
  [[nodiscard]] virtual std::vector<std::string> own_addresses() const = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> resolve(const std::string& host) const = 0;
  // The process that serves the pipe, "\\.\pipe\…". ErrorKind::unavailable: nobody does; denied: it may not
  // be asked.
  [[nodiscard]] virtual Result<std::uint32_t> pipe_server(const std::string& pipe) const = 0;
};

}  // namespace keyturn::host
