// One accepted connection: plain or TLS bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace keyturn::lab {

// Not synchronised, but for interrupt(). The socket is closed by the destructor.
class ByteStream {
 public:
  // `tls_context` is an SSL_CTX*, or nothing for plain bytes. Takes the socket over.
  ByteStream(int socket, void* tls_context);
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  bool handshake();  // false: the client and we don't agree; nothing to do for plain bytes
  std::size_t read(char* into, std::size_t size);  // 0: the client is gone
  bool write(std::string_view bytes);              // all of them
  void wait_for_close() const;                     // until the client ends the connection, or interrupt()
  void interrupt();                                // from another thread: reads and writes end

 private:
  int socket_;
  std::shared_ptr<void> tls_;  // SSL
};

}  // namespace keyturn::lab
