#include <winsock2.h>

#include <cstdlib>

#include "net/test_socket.h"

namespace keyturn::net {
namespace {

SOCKET socket_of(TestSocket socket) { return static_cast<SOCKET>(socket); }

}  // namespace

TestSocket listen_on_loopback(int& port) {
  static WSADATA data;
  static const int kStarted = WSAStartup(MAKEWORD(2, 2), &data);
  const SOCKET listener = kStarted == 0 ? socket(AF_INET, SOCK_STREAM, 0) : INVALID_SOCKET;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 64) != 0)
    std::abort();
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return static_cast<TestSocket>(listener);
}

TestSocket accept_one(TestSocket listener) {
  return static_cast<TestSocket>(accept(socket_of(listener), nullptr, nullptr));  // INVALID_SOCKET is -1
}

// On Windows it is closing that ends an accept().
void end_listening(TestSocket listener) { closesocket(socket_of(listener)); }
void end_both_ways(TestSocket socket) { shutdown(socket_of(socket), SD_BOTH); }
void close_socket(TestSocket socket) { closesocket(socket_of(socket)); }

long send_some(TestSocket socket, const char* bytes, std::size_t size) {
  return send(socket_of(socket), bytes, static_cast<int>(size), 0);
}
long receive_some(TestSocket socket, char* bytes, std::size_t size) {
  return recv(socket_of(socket), bytes, static_cast<int>(size), 0);
}

}  // namespace keyturn::net
