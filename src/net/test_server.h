// For tests only: a server on a free port of 127.0.0.1 that does to its connections whatever a test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace keyturn::net {

// A self-signed certificate for one host name; its file goes with it.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& host) : key_(EVP_RSA_gen(2048)), certificate_(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_set_version(certificate_, 2);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()),
                               -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_EXTENSION* san =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
    X509_add_ext(certificate_, san, -1);
    X509_EXTENSION_free(san);
    X509_sign(certificate_, key_, EVP_sha256());
    std::string pattern = (std::filesystem::temp_directory_path() / "keyturn-ca-XXXXXX").string();
    const int fd = mkstemp(pattern.data());
    FILE* file = fdopen(fd, "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
    pem_file_ = pattern;
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;
  ~TestCertificate() {
    std::filesystem::remove(pem_file_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  [[nodiscard]] const std::string& pem_file() const { return pem_file_; }
  [[nodiscard]] EVP_PKEY* key() const { return key_; }
  [[nodiscard]] X509* certificate() const { return certificate_; }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::string pem_file_;
};

class TestServer;

class Connection {
 public:
  Connection(int fd, SSL* tls, TestServer& server) : fd_(fd), tls_(tls), server_(server) {}

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

  int fd_;
  SSL* tls_;
  TestServer& server_;
  std::string buffer_;
};

class TestServer {
 public:
  using Handler = std::function<void(Connection&)>;

  explicit TestServer(Handler handler, const TestCertificate* certificate = nullptr)
      : handler_(std::move(handler)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0)
      std::abort();
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    if (certificate != nullptr) {
      tls_.reset(SSL_CTX_new(TLS_server_method()));
      SSL_CTX_use_certificate(tls_.get(), certificate->certificate());
      SSL_CTX_use_PrivateKey(tls_.get(), certificate->key());
    }
    acceptor_ = std::thread([this] { accept_all(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    close(listener_);
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
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }
  void serve(int fd) {
    std::unique_ptr<SSL, decltype(&SSL_free)> tls(tls_ ? SSL_new(tls_.get()) : nullptr, SSL_free);
    if (tls) SSL_set_fd(tls.get(), fd);
    if (!tls || SSL_accept(tls.get()) == 1) {
      Connection connection(fd, tls.get(), *this);
      handler_(connection);
      if (tls) SSL_shutdown(tls.get());
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, fd);
    close(fd);
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> tls_{nullptr, SSL_CTX_free};
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

inline bool Connection::write(const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const long n = tls_ != nullptr ? SSL_write(tls_, bytes.data() + done, int(bytes.size() - done))
                                   : send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return false;
    done += std::size_t(n);
  }
  return true;
}

inline long Connection::read_some() {
  char bytes[4096];
  const long n = tls_ != nullptr ? SSL_read(tls_, bytes, sizeof bytes) : recv(fd_, bytes, sizeof bytes, 0);
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
