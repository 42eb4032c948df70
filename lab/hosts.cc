#include "lab/hosts.h"

namespace keyturn::lab {
namespace {

bool is_linux(const Host& host) { return host.platform == "linux"; }

sim::ManagedNode node_of(const Host& host, TimePoint now) {
  sim::ManagedNode node;
  node.id = host.instance_id;
  node.ping = host.online() ? sim::PingStatus::online : sim::PingStatus::connection_lost;
  node.last_ping_at = now;
  node.computer_name = host.machine;
  node.ip_address = "127.0.0.1";
  node.delivery = host.delivery;
  node.delay = host.delay;
  if (!host.agent_version.empty()) node.agent_version = host.agent_version;
  if (is_linux(host)) return node;
  node.platform_type = "Windows";
  node.platform_name = "Microsoft Windows Server 2022 Datacenter";
  node.platform_version = "10.0.20348";
  return node;
}

// As it gives them to its scripts (amazon-ssm-agent, agent/executers).
std::map<std::string, std::string> of_the_agent(const std::string& instance_id, const std::string& region) {
  return {{"AWS_SSM_INSTANCE_ID", instance_id}, {"AWS_SSM_REGION_NAME", region}};
}

}  // namespace

Result<void> Hosts::put(const Machine& machine, const std::vector<HostInstance>& instances) {
  const std::lock_guard changing(put_mutex_);
  auto host = find(machine.name);
  if (!host) {
    // Every other one has the other source.
    host = set_up(machine,
                  all().size() % 2 == 0 ? CredentialSource::instance_metadata : CredentialSource::container);
    if (!host) return tl::unexpected(host.error());
  }
  {
    const std::lock_guard lock(mutex_);
    Host& known = hosts_.try_emplace(machine.name, *host).first->second;
    known.running = machine.running;
    if (!known.running) parts_.processes.kill_all_of(known.instance_id);
    publish(known);
  }
  if (host->windows) return host->windows->put(instances);
  if (!is_linux(*host)) return {};
  return write_host_instances({host->root, parts_.keyturn, parts_.ca_file}, instances);
}

Result<Host> Hosts::set_up(const Machine& machine, CredentialSource credentials) const {
  Host host;
  host.machine = machine.name;
  host.instance_id = machine.ec2_id;
  host.platform = machine.platform;
  host.credentials = credentials;
  Result<void> made;
  if (is_linux(host))
    made = set_up_linux(host);
  else if (parts_.wine != nullptr)
    made = set_up_windows(host);
  if (!made) return tl::unexpected(made.error());
  return host;
}

Result<void> Hosts::set_up_linux(Host& host) const {
  host.root = parts_.folder / host.machine;
  if (auto made = make_host_root({host.root, parts_.keyturn, parts_.ca_file}); !made) return made;
  auto credentials =
      parts_.metadata.add(host.instance_id, host.credentials, host.root / "etc/container-token");
  if (!credentials) return tl::unexpected(credentials.error());
  host.environment = parts_.environment;
  host.environment.merge(*credentials);
  host.environment.merge(of_the_agent(host.instance_id, parts_.region));
  host.environment["PATH"] =
      (host.root / "bin").string() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  host.environment["HOME"] = (host.root / "root").string();
  host.environment["TMPDIR"] = (host.root / "tmp").string();
  host.environment["KEYTURN_HOST_ROOT"] = host.root.string();
  return {};
}

Result<void> Hosts::set_up_windows(Host& host) const {
  auto windows = WindowsHost::make(*parts_.wine, parts_.windows, host.machine);
  if (!windows) return tl::unexpected(windows.error());
  host.windows = *windows;
  host.root = host.windows->drive_c();
  auto credentials =
      parts_.metadata.add(host.instance_id, host.credentials, host.root / "ProgramData/container-token");
  if (!credentials) return tl::unexpected(credentials.error());
  host.environment = for_windows(parts_.environment);
  host.environment.merge(for_windows(*credentials));
  host.environment.merge(of_the_agent(host.instance_id, parts_.region));
  host.environment.merge(host.windows->environment());
  return {};
}

Result<Host> Hosts::find(const std::string& name_or_id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, host] : hosts_)
    if (name == name_or_id || host.instance_id == name_or_id) return host;
  return fail(ErrorKind::not_found, "There is no host called " + name_or_id + ".");
}

std::vector<Host> Hosts::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<Host> all;
  for (const auto& [name, host] : hosts_) all.push_back(host);
  return all;
}

template <class Change>
Result<void> Hosts::change(const std::string& name, Change change) {
  const auto found = find(name);
  if (!found) return tl::unexpected(found.error());
  const std::lock_guard lock(mutex_);
  Host& host = hosts_.at(found->machine);
  change(host);
  publish(host);
  return {};
}

Result<void> Hosts::set_offline(const std::string& name, bool offline) {
  return change(name, [&](Host& host) { host.offline = offline; });
}

Result<void> Hosts::set_managed(const std::string& name, bool managed) {
  return change(name, [&](Host& host) { host.managed = managed; });
}

Result<void> Hosts::set_agent_version(const std::string& name, const std::string& version) {
  return change(name, [&](Host& host) { host.agent_version = version; });
}

Result<void> Hosts::set_delivery(const std::string& name, sim::Delivery delivery, Duration delay) {
  return change(name, [&](Host& host) {
    host.delivery = delivery;
    host.delay = delay;
  });
}

void Hosts::publish(const Host& host) {
  if (host.managed)
    parts_.world.ssm().put_node(node_of(host, parts_.world.clock().now()));
  else
    parts_.world.ssm().remove_node(host.instance_id);
}

void Hosts::kill(const sim::FaultVictim& victim, const std::string& machine_of_target) {
  if (const auto host = find(machine_of_target)) parts_.processes.kill_all_of(host->instance_id);
  // A session of a role is named after whoever has it: "…:assumed-role/ROLE/SESSION".
  const std::string arn = parts_.world.iam().authenticate(victim.access_key_id).arn;
  if (arn.find(":assumed-role/") != std::string::npos)
    parts_.processes.kill_all_of(arn.substr(arn.rfind('/') + 1));
}

}  // namespace keyturn::lab
