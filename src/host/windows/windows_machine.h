// SQL Server on Windows: any number of instances a host, known by the registry, run by the service manager or
// by a failover cluster.
#pragma once

#include <optional>

#include "base/clock.h"
#include "host/machine.h"
#include "host/windows/installed.h"
#include "host/windows/listener_check.h"
#include "host/windows/network.h"
#include "host/windows/place.h"
#include "host/windows/registry.h"
#include "host/windows/server_settings.h"
#include "host/windows/service_manager.h"

namespace keyturn::host {

// What Windows is asked.
struct WindowsParts {
  std::shared_ptr<const Registry> registry;
  std::shared_ptr<const ServiceManager> services;
  std::shared_ptr<const Network> network;
};

class WindowsMachine final : public Machine {
 public:
  // `clock` (the host's own) and `stop`, which may be null, must outlive it; `stop` ends a wait.
  WindowsMachine(MachineSettings settings, WindowsParts parts, Clock& clock, const StopFlag* stop);

  std::vector<Instance> instances() override;
  Result<void> check_listener(const sqlserver::SqlAddress& address) override;

 private:
  [[nodiscard]] Result<WindowsService> settled_service(const std::string& name, TimePoint end) const;
  [[nodiscard]] std::optional<Instance> instance_of(const Installed& installed, TimePoint end) const;
  void add_place(Instance& instance, const ServerSettings& settings,
                 const Result<WindowsService>& service) const;
  [[nodiscard]] Result<std::vector<std::string>> own_addresses_of(const std::string& host) const;
  [[nodiscard]] Result<Expected> expected_at(const std::string& instance) const;
  [[nodiscard]] Result<void> check_channel(const sqlserver::SqlAddress& address,
                                           const Expected& expected) const;

  const MachineSettings settings_;
  const WindowsParts parts_;
  Clock& clock_;
  const StopFlag* const stop_;
};

}  // namespace keyturn::host
