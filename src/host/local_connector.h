// Connections to the instances of the host that keyturn runs on: whom a login may be given to, without a
// certificate that somebody has to hand out first (docs/host.md, "Whom it talks to").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "host/machine.h"

namespace keyturn::host {

struct Connectors {
  std::shared_ptr<sqlserver::SqlConnector> configured;  // verifies as the configuration says
  // Encrypted; the server must show this certificate (a file of PEM), any one where the path is empty.
  std::function<Result<std::shared_ptr<sqlserver::SqlConnector>>(const std::filesystem::path&)> unnamed;
  bool always_configured = false;  // the configuration names CAs, so that they count for local addresses too
};

// At a local address the listener must be SQL Server's own, and the certificate is held against the one that
// the server is configured with, where that is known; elsewhere, and where the configuration names CAs, the
// usual rules hold. Thread-safe. The machine must outlive it.
class LocalConnector final : public sqlserver::SqlConnector {
 public:
  static Result<std::unique_ptr<LocalConnector>> open(Machine& machine,
                                                      const std::vector<Instance>& instances,
                                                      const Connectors& connectors);

  Result<std::unique_ptr<sqlserver::SqlSession>> connect(const sqlserver::SqlAddress& address,
                                                         const sqlserver::SqlLogin& login,
                                                         Duration timeout) override;

 private:
  using Address = std::tuple<std::string, std::uint16_t, std::string, std::string>;

  LocalConnector(Machine& machine, std::shared_ptr<sqlserver::SqlConnector> configured)
      : machine_(machine), configured_(std::move(configured)) {}

  Machine& machine_;
  const std::shared_ptr<sqlserver::SqlConnector> configured_;
  std::map<Address, std::shared_ptr<sqlserver::SqlConnector>> locals_;
};

}  // namespace keyturn::host
