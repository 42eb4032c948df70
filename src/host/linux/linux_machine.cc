#include "host/linux/linux_machine.h"

#include <fmt/format.h>

#include <fstream>

#include "host/linux/error_log.h"
#include "host/linux/ini_file.h"

namespace keyturn::host {
namespace {

constexpr const char* kName = "MSSQLSERVER";
constexpr const char* kLoopback = "127.0.0.1";
constexpr const char* kConf = "/var/opt/mssql/mssql.conf";
constexpr const char* kProgram = "/opt/mssql/bin/sqlservr";
constexpr const char* kCorosync = "/etc/corosync/corosync.conf";
constexpr std::size_t kLongestConf = 1'048'576;
constexpr std::size_t kLogHead = 16'384;

}  // namespace

LinuxMachine::LinuxMachine(MachineSettings settings, AskService ask, ReadListeners listeners,
                           std::set<unsigned> trusted, Clock& clock, const StopFlag* stop)
    : settings_(std::move(settings)),
      ask_(std::move(ask)),
      listeners_(std::move(listeners)),
      trusted_(std::move(trusted)),
      clock_(clock),
      stop_(stop) {}

std::filesystem::path LinuxMachine::below_root(const std::string& path) const {
  return settings_.root / std::filesystem::path(path).relative_path();
}

std::string LinuxMachine::read(const std::string& path, std::size_t most) const {
  std::ifstream file(below_root(path), std::ios::binary);
  std::string text(most, '\0');
  file.read(text.data(), static_cast<std::streamsize>(most));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return text;
}

bool LinuxMachine::exists(const std::string& path) const {
  // What may not be looked at counts as there: its absence would make a known server a skipped one.
  std::error_code error;
  return std::filesystem::exists(below_root(path), error) || error;
}

// One that is starting is given the time to.
Service LinuxMachine::settled_service() const {
  const TimePoint end = clock_.now() + settings_.start_patience;
  for (;;) {
    const auto service = ask_(settings_.service);
    if (!service) return {};  // as where there is no systemd: the port tells
    const bool stopping = stop_ != nullptr && stop_->requested();
    if (service->state != ServiceState::starting || stopping || clock_.now() >= end) return *service;
    clock_.sleep_for(std::chrono::seconds{1}, stop_);
  }
}

bool LinuxMachine::is_installed(const Service& service) const {
  const bool unit_exists =
      service.state != ServiceState::not_installed && service.state != ServiceState::unknown;
  return unit_exists || exists(kProgram) || exists(kConf);
}

std::vector<Instance> LinuxMachine::instances() {
  const Service service = settled_service();
  if (!is_installed(service)) return {};
  Instance instance;
  instance.name = kName;
  instance.address.host = kLoopback;
  // A host has one instance, so that the name of its Pacemaker cluster tells it: totem.cluster_name.
  instance.cluster = IniFile::parse(read(kCorosync, kLongestConf)).value("", "cluster_name").value_or("");
  const auto conf = parse_mssql_conf(read(kConf, kLongestConf));
  const auto port =
      service.port ? parse_port(*service.port, "MSSQL_TCP_PORT in the environment of " + settings_.service)
                   : Result<std::uint16_t>(conf ? conf->port : std::uint16_t{0});
  if (!conf || !port) {
    instance.unreachable = (conf ? port.error() : conf.error()).sentence();
    return {instance};
  }
  instance.address.port = *port;
  add_configuration(instance, *conf);
  add_standing(instance, service, *conf);
  return {instance};
}

void LinuxMachine::add_configuration(Instance& instance, const MssqlConf& conf) const {
  if (!conf.address.empty()) instance.address.host = conf.address;
  if (!conf.tls_certificate.empty()) instance.certificate = below_root(conf.tls_certificate);
  const ServerVersion version = read_error_log(read(conf.error_log, kLogHead));
  instance.product_version = version.product_version;
  instance.edition = version.edition;
}

// Pacemaker runs SQL Server without the unit, and people do: who listens on its port counts for more than
// what systemd says.
void LinuxMachine::add_standing(Instance& instance, const Service& service, const MssqlConf& conf) {
  if (service.state == ServiceState::running || service.state == ServiceState::unknown) return;
  if (check_owner(instance.address)) return;
  if (is_passive_node(service, conf)) {
    instance.is_passive = true;
    instance.skipped =
        "This is a passive node of a Pacemaker cluster: the node that runs the instance has its master "
        "database.";
    return;
  }
  instance.unreachable = reason_of(service.state);
  instance.since = service.since;
}

// Of a failover cluster instance, that is: its databases are on a disk that only the active node has. A
// replica of an availability group has a master database of its own, and with it credentials that must be
// kept up to date.
bool LinuxMachine::is_passive_node(const Service& service, const MssqlConf& conf) const {
  return service.state == ServiceState::stopped && !service.is_enabled && exists(kCorosync) &&
         !exists(conf.master_file);
}

std::string LinuxMachine::reason_of(ServiceState state) const {
  switch (state) {
    case ServiceState::starting:
      return fmt::format("The service {} is still starting after {}.", settings_.service,
                         format_duration(settings_.start_patience));
    case ServiceState::failed:
      return fmt::format("The service {0} has failed. `systemctl status {0}` says why.", settings_.service);
    case ServiceState::not_installed:
      return fmt::format(
          "SQL Server is installed, but there is no service {}, and nobody listens on its port.",
          settings_.service);
    default:
      return fmt::format("The service {} is stopped.", settings_.service);
  }
}

Result<void> LinuxMachine::check_listener(const sqlserver::SqlAddress& address) {
  return settings_.check_listener ? check_owner(address) : Result<void>{};
}

Result<void> LinuxMachine::check_owner(const sqlserver::SqlAddress& address) const {
  return check_listeners(listeners_(), address.host, address.port, trusted_);
}

std::unique_ptr<Machine> this_machine(MachineSettings settings, Clock& clock, const StopFlag* stop) {
  return std::make_unique<LinuxMachine>(std::move(settings), ask_systemctl, read_listeners, trusted_users(),
                                        clock, stop);
}

}  // namespace keyturn::host
