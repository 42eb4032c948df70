#include "host/local_connector.h"

namespace keyturn::host {

using sqlserver::SqlAddress;
using sqlserver::SqlConnector;
using sqlserver::SqlLogin;
using sqlserver::SqlSession;

namespace {

// Instances without a port differ in their channel, or in the name that SQL Browser is asked for.
auto key_of(const SqlAddress& address) {
  return std::tuple(address.host, address.port, address.instance, address.channel);
}

}  // namespace

Result<std::unique_ptr<LocalConnector>> LocalConnector::open(Machine& machine,
                                                             const std::vector<Instance>& instances,
                                                             const Connectors& connectors) {
  std::unique_ptr<LocalConnector> opened(new LocalConnector(machine, connectors.configured));
  std::map<std::filesystem::path, std::shared_ptr<SqlConnector>> by_certificate;
  for (const Instance& instance : instances) {
    if (!instance.is_local || connectors.always_configured) continue;
    auto& connector = by_certificate[instance.certificate];
    if (!connector) {
      auto made = connectors.unnamed(instance.certificate);
      if (!made) return fail(made.error());
      connector = std::move(*made);
    }
    opened->locals_[key_of(instance.address)] = connector;
  }
  return opened;
}

Result<std::unique_ptr<SqlSession>> LocalConnector::connect(const SqlAddress& address, const SqlLogin& login,
                                                            Duration timeout) {
  const auto local = locals_.find(key_of(address));
  if (local == locals_.end()) return configured_->connect(address, login, timeout);
  if (const auto trusted = machine_.check_listener(address); !trusted) return fail(trusted.error());
  return local->second->connect(address, login, timeout);
}

}  // namespace keyturn::host
