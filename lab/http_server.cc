#include "lab/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace keyturn::lab {
namespace {

template <class T, class Free>
std::unique_ptr<T, Free> owned(T* raw, Free free) {
  return {raw, free};
}

// Nothing where the certificate and key can't be used together.
std::shared_ptr<void> make_tls(const ServerCertificate& certificate) {
  const auto bio = [](std::string_view text) {
    return owned(BIO_new_mem_buf(text.data(), int(text.size())), &BIO_free);
  };
  const auto certificate_bio = bio(certificate.certificate_pem);
  const auto key_bio = bio(certificate.private_key_pem.reveal());
  const auto x509 = owned(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr), &X509_free);
  const auto key = owned(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  std::shared_ptr<void> context(SSL_CTX_new(TLS_server_method()),
                                [](void* raw) { SSL_CTX_free(static_cast<SSL_CTX*>(raw)); });
  auto* raw = static_cast<SSL_CTX*>(context.get());
  if (!x509 || !key || SSL_CTX_use_certificate(raw, x509.get()) != 1 ||
      SSL_CTX_use_PrivateKey(raw, key.get()) != 1)
    return nullptr;
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  return context;
}

Error listen_error(std::uint16_t port) {
  return {ErrorKind::unavailable,
          Effect::none,
          {},
          "The AWS endpoint can't listen on 127.0.0.1:" + std::to_string(port) + ": " + std::strerror(errno) +
              ".",
          "Choose another port, or none for a free one."};
}

}  // namespace

HttpServer::HttpServer(Handler handler, const std::optional<ServerCertificate>& certificate)
    : handler_(std::move(handler)),
      tls_(certificate ? make_tls(*certificate) : nullptr),
      tls_wanted_(certificate.has_value()) {}

Result<std::uint16_t> HttpServer::start(std::uint16_t port) {
  if (tls_wanted_ && !tls_) return fail(ErrorKind::usage, "The AWS endpoint's certificate can't be used.");
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, generic, &size) != 0)
    return fail(listen_error(port));
  acceptor_ = std::thread([this] { accept_loop(); });
  return std::uint16_t(ntohs(address.sin_port));
}

void HttpServer::stop() {
  stop_.request();
  if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);  // ends accept()
  if (acceptor_.joinable()) acceptor_.join();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
  reap(/*all=*/true);
}

void HttpServer::accept_loop() {
  while (!stop_.requested()) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (stop_.requested() || errno != EMFILE) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // until a connection has ended
      continue;
    }
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    reap(/*all=*/false);
    const std::lock_guard lock(mutex_);
    Client& client = clients_.emplace_back(socket, tls_.get());
    client.thread = std::thread([this, &client] {
      if (client.stream.handshake()) serve(client.stream);
      client.stream.interrupt();  // the peer learns of it now, not when the thread is joined
      client.finished = true;
    });
  }
}

void HttpServer::serve(ByteStream& stream) {
  RequestReader reader(stream);
  while (auto request = reader.next()) {
    const bool head = request->method == "HEAD";
    const bool keep_alive = request->keep_alive;
    const sim::Exchange exchange = handler_(*std::move(request), stop_);
    if (!answer(stream, exchange, head, keep_alive) || !keep_alive) return;
  }
}

bool HttpServer::answer(ByteStream& stream, const sim::Exchange& exchange, bool head, bool keep_alive) {
  switch (exchange.ending) {
    case sim::Ending::reply:
      return stream.write(to_bytes(exchange.response, head, keep_alive));
    case sim::Ending::reply_lost:
      return false;
    case sim::Ending::cut: {
      const std::string bytes = to_bytes(exchange.response, head, keep_alive);
      const std::size_t missing = std::max<std::size_t>(exchange.response.body.size() / 2, 1);
      (void)stream.write(std::string_view(bytes).substr(0, bytes.size() - missing));
      return false;
    }
    case sim::Ending::hang:
      stream.wait_for_close();
      return false;
  }
  return false;
}

void HttpServer::reap(bool all) {
  std::list<Client> ended;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = clients_.begin(); at != clients_.end();) {
      const auto next = std::next(at);
      if (all) at->stream.interrupt();
      if (all || at->finished) ended.splice(ended.end(), clients_, at);
      at = next;
    }
  }
  for (Client& client : ended) client.thread.join();
}

}  // namespace keyturn::lab
