// A TDS 7.4 listener in front of one simulated SQL Server.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "lab/certificates.h"
#include "sim/call_log.h"
#include "sim/faults.h"
#include "sim/sql_server.h"

namespace keyturn::lab {

// The server's side of the negotiation (MS-TDS 2.2.6.5).
enum class EncryptionPolicy {
  off,            // encrypts what the client wants encrypted, the login always: SQL Server's default
  on,             // ForceEncryption
  not_supported,  // clear text, which clients that require encryption must refuse
};

class TdsConnection;

// Thread-safe. One thread accepts, one serves each connection. What it is given must outlive it.
class TdsServer {
 public:
  TdsServer(sim::SqlServer& server, sim::FaultBoard& faults, sim::CallLog& calls, EncryptionPolicy encryption,
            ServerCertificate certificate);
  ~TdsServer();
  TdsServer(const TdsServer&) = delete;
  TdsServer& operator=(const TdsServer&) = delete;

  Result<std::uint16_t> start(std::uint16_t port);  // on 127.0.0.1; 0: a free one; returns the port
  void stop();                                      // cuts every connection and waits for the threads
  [[nodiscard]] bool running() const { return running_.load(); }

 private:
  struct Client {
    std::shared_ptr<TdsConnection> connection;
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> finished;
  };
  void accept_loop(int listener);
  void reap(bool all);

  sim::SqlServer& server_;
  sim::FaultBoard& faults_;
  sim::CallLog& calls_;
  const EncryptionPolicy encryption_;
  const ServerCertificate certificate_;
  std::shared_ptr<void> tls_;  // SSL_CTX
  std::atomic<bool> running_{false};
  int listener_ = -1;
  std::thread acceptor_;
  std::mutex mutex_;
  std::vector<Client> clients_;
};

}  // namespace keyturn::lab
