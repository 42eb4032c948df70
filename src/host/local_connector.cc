#include "host/local_connector.h"

namespace keyturn::host {

using sqlserver::SqlAddress;
using sqlserver::SqlLogin;
using sqlserver::SqlSession;

LocalConnector::LocalConnector(Machine& machine, const std::vector<Instance>& instances,
                               Connectors connectors)
    : machine_(machine), connectors_(std::move(connectors)) {
  for (const Instance& instance : instances)
    if (instance.is_local && !connectors_.always_configured)
      locals_[{instance.address.host, instance.address.port}] = instance.certificate;
}

Result<std::unique_ptr<SqlSession>> LocalConnector::connect(const SqlAddress& address, const SqlLogin& login,
                                                            Duration timeout) {
  const auto local = locals_.find({address.host, address.port});
  if (local == locals_.end()) return connectors_.configured->connect(address, login, timeout);
  if (const auto trusted = machine_.check_listener(address); !trusted) return fail(trusted.error());
  const auto connector = connectors_.unnamed(local->second);
  if (!connector) return fail(connector.error());
  return (*connector)->connect(address, login, timeout);
}

}  // namespace keyturn::host
