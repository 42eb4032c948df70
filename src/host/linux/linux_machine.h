// SQL Server on Linux: one instance a host, configured by mssql.conf, run by systemd or by Pacemaker.
#pragma once

#include <functional>
#include <set>

#include "base/clock.h"
#include "host/linux/listeners.h"
#include "host/linux/mssql_conf.h"
#include "host/linux/systemd.h"
#include "host/machine.h"

namespace keyturn::host {

class LinuxMachine final : public Machine {
 public:
  using ReadListeners = std::function<std::vector<Listener>()>;

  // `clock` (the host's own) and `stop`, which may be null, must outlive it; `stop` ends a wait.
  LinuxMachine(MachineSettings settings, AskService ask, ReadListeners listeners, std::set<unsigned> trusted,
               Clock& clock, const StopFlag* stop);

  std::vector<Instance> instances() override;
  Result<void> check_listener(const sqlserver::SqlAddress& address) override;

 private:
  [[nodiscard]] std::filesystem::path below_root(const std::string& path) const;
  [[nodiscard]] std::string read(const std::string& path, std::size_t most) const;
  [[nodiscard]] bool exists(const std::string& path) const;
  Service settled_service() const;
  [[nodiscard]] bool is_installed(const Service& service) const;
  void add_configuration(Instance& instance, const MssqlConf& conf) const;
  void add_standing(Instance& instance, const Service& service, const MssqlConf& conf);
  [[nodiscard]] Result<void> check_owner(const sqlserver::SqlAddress& address) const;
  [[nodiscard]] bool is_passive_node(const Service& service, const MssqlConf& conf) const;
  [[nodiscard]] std::string reason_of(ServiceState state) const;

  const MachineSettings settings_;
  const AskService ask_;
  const ReadListeners listeners_;
  const std::set<unsigned> trusted_;
  Clock& clock_;
  const StopFlag* const stop_;
};

}  // namespace keyturn::host
