// Datagrams to and from one host: what SQL Browser needs of the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/time.h"

namespace keyturn::sqlserver {

// Not connected: the node of a cluster may answer from another address than was asked. The system then
// reports no closed port either, so a plain send and a wait is all there is. Blocking; not thread-safe.
class UdpPeer {
 public:
  // ErrorKind::unavailable where the name can't be resolved.
  static Result<UdpPeer> resolve(const std::string& host, std::uint16_t port);
  UdpPeer(UdpPeer&& other) noexcept
      : socket_(std::exchange(other.socket_, kNone)), address_(std::move(other.address_)) {}
  UdpPeer& operator=(UdpPeer&&) = delete;
  ~UdpPeer();

  bool send(std::string_view datagram);
  // The next datagram; nothing when none came within `patience`.
  std::optional<std::string> receive(Duration patience);

 private:
  using Handle = std::uintptr_t;  // a descriptor, or a SOCKET of Windows
  static constexpr Handle kNone = ~Handle{0};

  UdpPeer(Handle socket, std::string address) : socket_(socket), address_(std::move(address)) {}

  Handle socket_;
  std::string address_;  // a sockaddr
};

}  // namespace keyturn::sqlserver
