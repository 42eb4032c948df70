// A whole lab: the AWS account on one port, the SQL Servers on theirs, SQL Browser, backups that never stop,
// the hosts with their SSM agents and metadata, and the folder with what keyturn needs to work against it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "lab/certificates.h"
#include "lab/control.h"
#include "lab/function_host.h"
#include "lab/host_agent.h"
#include "lab/hosts.h"
#include "lab/http_server.h"
#include "lab/lab_config.h"
#include "lab/metadata_service.h"
#include "lab/process_table.h"
#include "lab/rack.h"
#include "lab/ticker.h"
#include "net/system_transport.h"
#include "sim/aws_front.h"
#include "sim/world.h"

namespace keyturn::lab {

struct LabOptions {
  bool tls = false;               // the AWS endpoint too; SQL Servers always can
  std::uint16_t port = 0;         // of the AWS endpoint; 0: a free one
  std::filesystem::path keyturn;  // installed on the hosts; empty: the one beside keyturn-lab
  WindowsPrograms windows;        // of hosts of the platform "windows", which run under Wine
  WineSettings wine;
};

class Lab {
 public:
  // Everything answers when this returns. Ports are on 127.0.0.1.
  static Result<std::unique_ptr<Lab>> start(LabConfig config, LabOptions options);
  // Ends connections, threads, backups and processes, and removes the folder.
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // One line of JSON: the endpoint, the environment to set, the configuration to use, the targets
  // (docs/lab.md).
  [[nodiscard]] std::string ready_line(const std::string& version) const;

 private:
  Lab(LabConfig config, CertificateAuthority authority, std::filesystem::path folder,
      std::filesystem::path keyturn);
  Result<void> open(LabOptions options);
  Result<void> start_servers(LabOptions options);
  Result<void> open_wine(const LabOptions& options);
  void fill_account();
  void fill_hosts();
  Result<void> fill_rack();
  Result<void> store_documents();
  Result<void> fill_functions();
  [[nodiscard]] Result<void> write_keyturn_configs() const;
  [[nodiscard]] std::map<std::string, std::string> way_to_aws() const;  // as processes are told it
  [[nodiscard]] Result<void> put_host(const std::string& machine);
  sim::Exchange answer(IncomingRequest request, const StopFlag& stop);

  LabConfig config_;
  const CertificateAuthority authority_;
  const std::filesystem::path folder_;  // private to the user; removed at the end
  const std::filesystem::path keyturn_;
  SystemClock clock_;
  SystemRandom random_;
  sim::World world_{clock_, random_};
  sim::AwsFront front_{world_};
  const std::unique_ptr<net::HttpTransport> s3_transport_;  // of the simulated SQL Servers
  std::string endpoint_;
  sim::Caller admin_;        // whose key the ready line hands out
  std::string current_key_;  // "AKIA…:secret"
  ProcessTable processes_;
  std::unique_ptr<Wine> wine_;
  WindowsPrograms windows_;
  std::unique_ptr<MetadataService> metadata_;
  std::unique_ptr<HttpServer> metadata_server_;
  std::unique_ptr<Hosts> hosts_;
  std::shared_ptr<HostAgent> agent_;
  std::unique_ptr<FunctionHost> functions_;
  std::unique_ptr<Rack> rack_;
  std::unique_ptr<Control> control_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Ticker> ticker_;
};

}  // namespace keyturn::lab
