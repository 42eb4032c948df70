#include "lab/tds_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/tds_connection.h"

namespace keyturn::lab {
namespace {

int listen_on_loopback(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof address);
  if (::bind(socket, &generic, sizeof address) == 0 && ::listen(socket, SOMAXCONN) == 0) return socket;
  ::close(socket);
  return -1;
}

std::uint16_t port_of(int socket) {
  sockaddr generic{};
  socklen_t size = sizeof generic;
  if (::getsockname(socket, &generic, &size) != 0) return 0;
  sockaddr_in address{};
  std::memcpy(&address, &generic, sizeof address);
  return ntohs(address.sin_port);
}

}  // namespace

TdsServer::TdsServer(sim::SqlServer& server, sim::FaultBoard& faults, sim::CallLog& calls,
                     EncryptionPolicy encryption, ServerCertificate certificate)
    : server_(server),
      faults_(faults),
      calls_(calls),
      encryption_(encryption),
      certificate_(std::move(certificate)) {}

TdsServer::~TdsServer() { stop(); }

Result<std::uint16_t> TdsServer::start(std::uint16_t port) {
  const std::string name = "SQL Server " + server_.settings().target;
  if (running_) return fail(ErrorKind::conflict, name + " is running already.");
  if (!tls_) tls_ = make_tls_context(certificate_.certificate_pem, certificate_.private_key_pem.reveal());
  if (!tls_ && encryption_ != EncryptionPolicy::not_supported) {
    return fail(ErrorKind::usage, name + " has no usable certificate and key.");
  }
  listener_ = listen_on_loopback(port);
  if (listener_ < 0)
    return fail(ErrorKind::unavailable, name + " can't listen on 127.0.0.1:" + std::to_string(port) + ": " +
                                            std::strerror(errno) + ".");
  running_ = true;
  acceptor_ = std::thread([this, listener = listener_] { accept_loop(listener); });
  return port_of(listener_);
}

void TdsServer::accept_loop(int listener) {
  while (running_) {
    pollfd entry{listener, POLLIN, 0};
    if (::poll(&entry, 1, 50) <= 0) {
      reap(false);
      continue;
    }
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Client client;
    client.connection = std::make_shared<TdsConnection>(socket, server_, faults_, calls_, encryption_,
                                                        std::static_pointer_cast<ssl_ctx_st>(tls_));
    client.finished = std::make_shared<std::atomic<bool>>(false);
    client.thread = std::thread([connection = client.connection, finished = client.finished] {
      connection->serve();
      connection->cut();
      *finished = true;
    });
    const std::lock_guard lock(mutex_);
    clients_.push_back(std::move(client));
  }
}

// Joins the threads of clients that have gone; with `all`, after cutting those that have not.
void TdsServer::reap(bool all) {
  std::vector<Client> gone;
  {
    const std::lock_guard lock(mutex_);
    std::vector<Client> staying;
    for (Client& client : clients_) {
      if (all) client.connection->cut();
      (all || *client.finished ? gone : staying).push_back(std::move(client));
    }
    clients_ = std::move(staying);
  }
  for (Client& client : gone) client.thread.join();
}

void TdsServer::stop() {
  if (!running_.exchange(false)) return;
  acceptor_.join();
  ::close(listener_);
  listener_ = -1;
  reap(true);
}

}  // namespace keyturn::lab
