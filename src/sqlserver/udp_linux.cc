#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "sqlserver/udp.h"

namespace keyturn::sqlserver {
namespace {

int descriptor(std::uintptr_t socket) { return static_cast<int>(socket); }

}  // namespace

Result<UdpPeer> UdpPeer::resolve(const std::string& host, std::uint16_t port) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
      code != 0) {
    return fail(ErrorKind::unavailable,
                "The host name " + host + " can't be resolved: " + ::gai_strerror(code) + ".",
                "Is it spelt right, and known to the DNS that this machine uses?");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  const int socket = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return fail(ErrorKind::unavailable, "No UDP socket can be made.");
  return UdpPeer(static_cast<Handle>(socket),
                 std::string(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen));
}

UdpPeer::~UdpPeer() {
  if (socket_ != kNone) ::close(descriptor(socket_));
}

bool UdpPeer::send(std::string_view datagram) {
  return ::sendto(descriptor(socket_), datagram.data(), datagram.size(), 0,
                  reinterpret_cast<const sockaddr*>(address_.data()),
                  static_cast<socklen_t>(address_.size())) >= 0;
}

std::optional<std::string> UdpPeer::receive(Duration patience) {
  pollfd waiting{descriptor(socket_), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
  std::string datagram(65536, '\0');
  const ssize_t size = ::recv(descriptor(socket_), datagram.data(), datagram.size(), 0);
  if (size < 0) return std::nullopt;
  datagram.resize(static_cast<std::size_t>(size));
  return datagram;
}

}  // namespace keyturn::sqlserver
