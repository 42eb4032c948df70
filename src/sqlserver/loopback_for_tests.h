// Sockets on loopback that are no SQL Servers: tests only.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace keyturn::sqlserver {

// A bound socket on a free port of 127.0.0.1, served by one thread until it dies.
class LoopbackSocket {
 public:
  // Called with the listening (TCP) or bound (UDP) socket whenever it has something to read.
  using Serve = std::function<void(int socket)>;

  LoopbackSocket(int type, Serve serve) : socket_(::socket(AF_INET, type, 0)), serve_(std::move(serve)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
      port_ = ntohs(address.sin_port);
    }
    if (type == SOCK_STREAM) ::listen(socket_, 16);
    thread_ = std::thread([this] { run(); });
  }
  ~LoopbackSocket() {
    stopping_.store(true);
    thread_.join();
    ::close(socket_);
  }
  LoopbackSocket(const LoopbackSocket&) = delete;
  LoopbackSocket& operator=(const LoopbackSocket&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void run() {
    while (!stopping_.load()) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) > 0) serve_(socket_);
    }
  }

  int socket_;
  std::uint16_t port_ = 0;
  Serve serve_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Accepts every connection, sends `greeting`, and then either closes it or keeps it open and says nothing.
class TcpStranger {
 public:
  explicit TcpStranger(std::string greeting = "", bool closes = false)
      : greeting_(std::move(greeting)), closes_(closes), socket_(SOCK_STREAM, [this](int s) { serve(s); }) {}
  ~TcpStranger() {
    for (const int connection : kept_) ::close(connection);
  }
  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }
  [[nodiscard]] int accepted() const { return accepted_.load(); }

 private:
  void serve(int listener) {
    const int connection = ::accept(listener, nullptr, nullptr);
    if (connection < 0) return;
    ++accepted_;
    if (!greeting_.empty()) {
      [[maybe_unused]] const ssize_t sent =
          ::send(connection, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
    }
    if (closes_) {
      ::close(connection);
    } else {
      kept_.push_back(connection);
    }
  }

  std::string greeting_;
  bool closes_;
  std::atomic<int> accepted_{0};
  std::vector<int> kept_;
  LoopbackSocket socket_;  // last: its thread uses the others
};

// Answers each datagram with what `answer` makes of it; an empty text: not at all.
class UdpResponder {
 public:
  using Answer = std::function<std::string(const std::string& question)>;
  explicit UdpResponder(Answer answer)
      : answer_(std::move(answer)), socket_(SOCK_DGRAM, [this](int s) { serve(s); }) {}
  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }

 private:
  void serve(int socket) {
    std::array<char, 2048> datagram{};
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t got =
        ::recvfrom(socket, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    const std::string answer = answer_(std::string(datagram.data(), static_cast<std::size_t>(got)));
    if (!answer.empty()) {
      ::sendto(socket, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
  }

  Answer answer_;
  LoopbackSocket socket_;
};

}  // namespace keyturn::sqlserver
