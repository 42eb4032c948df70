#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

#include "net/test_socket.h"

namespace keyturn::net {
namespace {

int fd_of(TestSocket socket) { return static_cast<int>(socket); }

}  // namespace

TestSocket listen_on_loopback(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 64) != 0)
    std::abort();
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return listener;
}

TestSocket accept_one(TestSocket listener) {
  const int fd = accept(fd_of(listener), nullptr, nullptr);
  if (fd >= 0) return fd;
  close(fd_of(listener));
  return kNoSocket;
}

// accept_one() closes it: a descriptor that is closed while it is waited for may name another file by then.
void end_listening(TestSocket listener) { shutdown(fd_of(listener), SHUT_RDWR); }
void end_both_ways(TestSocket socket) { shutdown(fd_of(socket), SHUT_RDWR); }
void close_socket(TestSocket socket) { close(fd_of(socket)); }

long send_some(TestSocket socket, const char* bytes, std::size_t size) {
  return send(fd_of(socket), bytes, size, MSG_NOSIGNAL);
}
long receive_some(TestSocket socket, char* bytes, std::size_t size) {
  return recv(fd_of(socket), bytes, size, 0);
}

}  // namespace keyturn::net
