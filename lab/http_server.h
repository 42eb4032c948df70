// An HTTP/1.1 server on loopback that can also misbehave: end a connection without a reply, in the middle of
// one, or never answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "lab/byte_stream.h"
#include "lab/certificates.h"
#include "lab/http_message.h"
#include "sim/aws_front.h"

namespace keyturn::lab {

// Thread-safe. One thread accepts, one serves each connection.
class HttpServer {
 public:
  // Called from many threads at once. `stop` is requested when the server is about to end.
  using Handler = std::function<sim::Exchange(IncomingRequest request, const StopFlag& stop)>;

  // With a certificate it speaks TLS 1.2 or later.
  HttpServer(Handler handler, const std::optional<ServerCertificate>& certificate);
  ~HttpServer() { stop(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  Result<std::uint16_t> start(std::uint16_t port);  // on 127.0.0.1; 0: a free one; answers the port
  void stop();                                      // cuts every connection, and waits for the threads

 private:
  struct Client {
    explicit Client(int socket, void* tls) : stream(socket, tls) {}
    ByteStream stream;
    std::atomic<bool> finished{false};
    std::thread thread;
  };
  void accept_loop();
  void serve(ByteStream& stream);
  bool answer(ByteStream& stream, const sim::Exchange& exchange, bool head, bool keep_alive);
  void reap(bool all);

  const Handler handler_;
  std::shared_ptr<void> tls_;  // SSL_CTX
  bool tls_wanted_;
  StopFlag stop_;
  int listener_ = -1;
  std::thread acceptor_;
  std::mutex mutex_;
  std::list<Client> clients_;
};

}  // namespace keyturn::lab
