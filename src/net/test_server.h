// For tests only: a server on a free port of 127.0.0.1 that does to its connections whatever a test says.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/test_socket.h"

namespace keyturn::net {

class TestStream {
 public:
  virtual ~TestStream() = default;
  [[nodiscard]] virtual bool is_open() const { return true; }
  // As send() and recv().
  virtual long write(const char* bytes, std::size_t size) = 0;
  virtual long read(char* bytes, std::size_t size) = 0;
};

class PlainStream final : public TestStream {
 public:
  explicit PlainStream(TestSocket socket) : socket_(socket) {}
  long write(const char* bytes, std::size_t size) override { return send_some(socket_, bytes, size); }
  long read(char* bytes, std::size_t size) override { return receive_some(socket_, bytes, size); }

 private:
  TestSocket socket_;
};

class TestServer;

class Connection {
 public:
  Connection(TestStream& stream, TestServer& server) : stream_(stream), server_(server) {}

  bool write(const std::string& bytes);
  // Reads one request, head and body; false if the client closed.
  bool read_request();
  void serve_one(const std::string& reply) {
    if (read_request()) write(reply);
  }
  void wait_for_close() {
    while (read_some() > 0) {
    }
  }

 private:
  long read_some();

  TestStream& stream_;
  TestServer& server_;
  std::string buffer_;
};

class TestServer {
 public:
  using Handler = std::function<void(Connection&)>;

  using Wrap = std::function<std::unique_ptr<TestStream>(TestSocket)>;

  explicit TestServer(Handler handler, Wrap wrap = std::make_unique<PlainStream, TestSocket>)
      : handler_(std::move(handler)), wrap_(std::move(wrap)) {
    listener_ = listen_on_loopback(port_);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    stopping_ = true;
    end_listening(listener_);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const TestSocket socket : open_) end_both_ways(socket);
    }
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }
  [[nodiscard]] int connections() const { return connections_; }
  [[nodiscard]] std::string received() const {
    const std::lock_guard lock(mutex_);
    std::string all;
    for (const std::string& request : requests_) all += request;
    return all;
  }
  [[nodiscard]] int requests(const std::string& beginning) const {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const std::string& request : requests_) count += request.starts_with(beginning) ? 1 : 0;
    return count;
  }
  void note(std::string request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }

 private:
  void accept_all() {
    while (!stopping_) {
      const TestSocket socket = accept_one(listener_);
      if (socket == kNoSocket) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }
  void serve(TestSocket socket) {
    if (const auto stream = wrap_(socket); stream->is_open()) {
      Connection connection(*stream, *this);
      handler_(connection);
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, socket);
    close_socket(socket);
  }

  Handler handler_;
  Wrap wrap_;
  TestSocket listener_ = kNoSocket;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<TestSocket> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

inline bool Connection::write(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const long n = stream_.write(bytes.data() + done, bytes.size() - done);
    if (n <= 0) return false;
    done += std::size_t(n);
  }
  return true;
}

inline long Connection::read_some() {
  char bytes[4096];
  const long n = stream_.read(bytes, sizeof bytes);
  if (n > 0) buffer_.append(bytes, std::size_t(n));
  return n;
}

inline bool Connection::read_request() {
  std::size_t head = 0;
  while ((head = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (read_some() <= 0) return false;
  std::size_t length = 0;
  const std::size_t field = buffer_.find("Content-Length: ");
  if (field < head) length = std::stoul(buffer_.substr(field + 16));
  while (buffer_.size() < head + 4 + length)
    if (read_some() <= 0) return false;
  server_.note(buffer_.substr(0, head + 4 + length));
  buffer_.erase(0, head + 4 + length);
  return true;
}

}  // namespace keyturn::net
