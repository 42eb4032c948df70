// A whole lab: the AWS account on one port, the SQL Servers on theirs, SQL Browser, backups that never stop,
// and the folder with what keyturn needs to work against it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "lab/certificates.h"
#include "lab/control.h"
#include "lab/http_server.h"
#include "lab/lab_config.h"
#include "lab/rack.h"
#include "net/curl_transport.h"
#include "sim/aws_front.h"
#include "sim/world.h"

namespace keyturn::lab {

struct LabOptions {
  bool tls = false;        // the AWS endpoint too; SQL Servers always can
  std::uint16_t port = 0;  // of the AWS endpoint; 0: a free one
};

class Lab {
 public:
  // Everything answers when this returns. Ports are on 127.0.0.1.
  static Result<std::unique_ptr<Lab>> start(LabConfig config, LabOptions options);
  // Ends connections, threads and backups, and removes the folder.
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // One line of JSON: the endpoint, the environment to set, the configuration to use, the targets
  // (docs/lab.md).
  [[nodiscard]] std::string ready_line(const std::string& version) const;

 private:
  Lab(LabConfig config, CertificateAuthority authority, std::filesystem::path folder);
  Result<void> open(LabOptions options);
  void fill_account();
  Result<void> fill_rack();
  [[nodiscard]] Result<void> write_keyturn_config() const;
  sim::Exchange answer(IncomingRequest request, const StopFlag& stop);

  LabConfig config_;
  const CertificateAuthority authority_;
  const std::filesystem::path folder_;  // private to the user; removed at the end
  SystemClock clock_;
  SystemRandom random_;
  sim::World world_{clock_, random_};
  sim::AwsFront front_{world_};
  net::CurlTransport s3_transport_;  // of the simulated SQL Servers
  std::string endpoint_;
  sim::Caller admin_;        // whose key the ready line hands out
  std::string current_key_;  // "AKIA…:secret"
  std::unique_ptr<Rack> rack_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace keyturn::lab
