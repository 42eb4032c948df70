// SQL Server Browser on UDP (MS-SQLR).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"

namespace keyturn::lab {

struct BrowserEntry {
  std::string server_name;    // of the machine
  std::string instance_name;  // "MSSQLSERVER" for the default instance
  bool clustered = false;
  std::string version;         // "16.0.4085.2"
  std::uint16_t tcp_port = 0;  // 0: TCP is off
};

// Thread-safe. Answers on 127.0.0.1 only; an instance that is not listed gets no answer, as on a real host.
class SqlBrowser {
 public:
  SqlBrowser() = default;
  ~SqlBrowser() { stop(); }
  SqlBrowser(const SqlBrowser&) = delete;
  SqlBrowser& operator=(const SqlBrowser&) = delete;

  Result<void> start(std::uint16_t port);  // 0: a free one
  void stop();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  void put(BrowserEntry entry);  // replaces the one of that instance
  void remove(const std::string& instance_name);

  // The reply to one datagram; empty: none.
  [[nodiscard]] std::string answer(std::string_view datagram) const;

 private:
  void serve();

  mutable std::mutex mutex_;
  std::vector<BrowserEntry> entries_;
  std::atomic<bool> stopping_{false};
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace keyturn::lab
