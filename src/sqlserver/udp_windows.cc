#include <winsock2.h>
// After winsock2.h, which it needs.
#include <mswsock.h>
#include <ws2tcpip.h>

#include <memory>

#include "base/wide_windows.h"
#include "sqlserver/udp.h"

namespace keyturn::sqlserver {
namespace {

// Windows Sockets must be started once; they end with the process.
bool sockets_are_started() {
  static const bool kStarted = [] {
    WSADATA ignored{};
    return WSAStartup(MAKEWORD(2, 2), &ignored) == 0;
  }();
  return kStarted;
}

// Else a port that nobody listens on makes every later receive fail, as if a connection had been reset.
void ignore_closed_ports(SOCKET socket) {
  BOOL report = FALSE;
  DWORD answered = 0;
  WSAIoctl(socket, SIO_UDP_CONNRESET, &report, sizeof report, nullptr, 0, &answered, nullptr, nullptr);
}

}  // namespace

Result<UdpPeer> UdpPeer::resolve(const std::string& host, std::uint16_t port) {
  if (!sockets_are_started()) return fail(ErrorKind::unavailable, "Windows Sockets can't be started.");
  ADDRINFOW wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  ADDRINFOW* found = nullptr;
  if (const int code = GetAddrInfoW(wide(host).c_str(), std::to_wstring(port).c_str(), &wanted, &found);
      code != 0) {
    return fail(ErrorKind::unavailable,
                "The host name " + host +
                    " can't be resolved: " + windows_message(static_cast<unsigned long>(code)) + ".",
                "Is it spelt right, and known to the DNS that this machine uses?");
  }
  const std::unique_ptr<ADDRINFOW, decltype(&FreeAddrInfoW)> owner(found, &FreeAddrInfoW);
  const SOCKET socket = ::socket(found->ai_family, SOCK_DGRAM, 0);
  if (socket == INVALID_SOCKET) return fail(ErrorKind::unavailable, "No UDP socket can be made.");
  ignore_closed_ports(socket);
  return UdpPeer(socket, std::string(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen));
}

UdpPeer::~UdpPeer() {
  if (socket_ != kNone) closesocket(socket_);
}

bool UdpPeer::send(std::string_view datagram) {
  return ::sendto(socket_, datagram.data(), static_cast<int>(datagram.size()), 0,
                  reinterpret_cast<const sockaddr*>(address_.data()),
                  static_cast<int>(address_.size())) != SOCKET_ERROR;
}

std::optional<std::string> UdpPeer::receive(Duration patience) {
  WSAPOLLFD waiting{socket_, POLLRDNORM, 0};
  if (WSAPoll(&waiting, 1, static_cast<INT>(patience.count())) <= 0) return std::nullopt;
  std::string datagram(65536, '\0');
  const int size = ::recv(socket_, datagram.data(), static_cast<int>(datagram.size()), 0);
  if (size == SOCKET_ERROR) return std::nullopt;
  datagram.resize(static_cast<std::size_t>(size));
  return datagram;
}

}  // namespace keyturn::sqlserver
