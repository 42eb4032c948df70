#include <winsock2.h>
// winsock2.h goes before it
#include <windows.h>
#include <ws2tcpip.h>

#include <array>
#include <stdexcept>
#include <thread>

#include "base/wide_windows.h"
#include "tests/windows/service/forwarder.h"

namespace keyturn::stand_in {
namespace {

sockaddr_in address_of(const std::string& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
    throw std::runtime_error(text + " is not an IPv4 address");
  return address;
}

SOCKET new_socket() {
  static const int started = [] {
    WSADATA data{};
    return WSAStartup(MAKEWORD(2, 2), &data);
  }();
  const SOCKET made = started == 0 ? socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) : INVALID_SOCKET;
  if (made == INVALID_SOCKET) throw std::runtime_error("no socket can be made");
  return made;
}

// One direction of a connection; its end is passed on.
void pump(SOCKET from, SOCKET to) {
  std::array<char, 16384> buffer{};
  for (;;) {
    const int size = recv(from, buffer.data(), int(buffer.size()), 0);
    if (size <= 0) break;
    for (int sent = 0; sent < size;) {
      const int more = send(to, buffer.data() + sent, size - sent, 0);
      if (more <= 0) {
        shutdown(from, SD_BOTH);
        return;
      }
      sent += more;
    }
  }
  shutdown(to, SD_SEND);
}

void forward(SOCKET client, std::uint16_t port) {
  const SOCKET server = new_socket();
  const sockaddr_in address = address_of("127.0.0.1", port);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    std::thread back(pump, server, client);
    pump(client, server);
    back.join();
  }
  closesocket(server);
  closesocket(client);
}

void serve_socket(SOCKET listener, std::uint16_t port, const std::atomic<bool>& is_paused) {
  for (;;) {
    const SOCKET client = accept(listener, nullptr, nullptr);
    if (client == INVALID_SOCKET) continue;
    if (port == 0 || is_paused)
      closesocket(client);
    else
      std::thread(forward, client, port).detach();
  }
}

}  // namespace

void listen_on(const Listening& listening, const std::atomic<bool>& is_paused) {
  const SOCKET listener = new_socket();
  const sockaddr_in address = address_of(listening.address, listening.port);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, SOMAXCONN) != 0)
    throw std::runtime_error("port " + std::to_string(listening.port) + " can't be listened on");
  std::thread(serve_socket, listener, listening.forward, std::ref(is_paused)).detach();
}

void serve_pipe(const std::string& name) {
  const HANDLE pipe =
      CreateNamedPipeW(wide("\\\\.\\pipe\\" + name).c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT,
                       PIPE_UNLIMITED_INSTANCES, 4096, 4096, 0, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) throw std::runtime_error("the pipe " + name + " can't be made");
  std::thread([pipe] {
    for (;;) {
      ConnectNamedPipe(pipe, nullptr);
      std::array<char, 64> buffer{};
      DWORD size = 0;
      while (ReadFile(pipe, buffer.data(), DWORD(buffer.size()), &size, nullptr) != 0) {
      }
      DisconnectNamedPipe(pipe);
    }
  }).detach();
}

}  // namespace keyturn::stand_in
