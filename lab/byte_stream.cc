#include "lab/byte_stream.h"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace keyturn::lab {
namespace {

SSL* ssl(const std::shared_ptr<void>& tls) { return static_cast<SSL*>(tls.get()); }

}  // namespace

ByteStream::ByteStream(int socket, void* tls_context) : socket_(socket) {
  if (tls_context == nullptr) return;
  tls_ = std::shared_ptr<void>(SSL_new(static_cast<SSL_CTX*>(tls_context)),
                               [](void* raw) { SSL_free(static_cast<SSL*>(raw)); });
  SSL_set_fd(ssl(tls_), socket_);
}

ByteStream::~ByteStream() {
  tls_.reset();
  ::close(socket_);
}

bool ByteStream::handshake() { return !tls_ || SSL_accept(ssl(tls_)) == 1; }

std::size_t ByteStream::read(char* into, std::size_t size) {
  if (tls_) {
    const int got = SSL_read(ssl(tls_), into, int(size));
    return got > 0 ? std::size_t(got) : 0;
  }
  ssize_t got = 0;
  do got = ::recv(socket_, into, size, 0);
  while (got < 0 && errno == EINTR);
  return got > 0 ? std::size_t(got) : 0;
}

bool ByteStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = 0;
    if (tls_)
      sent = SSL_write(ssl(tls_), bytes.data(), int(bytes.size()));
    else
      sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && !tls_ && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(std::size_t(sent));
  }
  return true;
}

void ByteStream::wait_for_close() const {
  std::array<char, 4096> ignored{};
  while (::recv(socket_, ignored.data(), ignored.size(), 0) > 0) continue;
}

void ByteStream::interrupt() { ::shutdown(socket_, SHUT_RDWR); }

}  // namespace keyturn::lab
