// The machines of the fleet as hosts: their root folders, their credentials, and what Systems Manager knows
// of them.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lab/host_root.h"
#include "lab/metadata_service.h"
#include "lab/process_table.h"
#include "lab/rack.h"
#include "lab/windows_host.h"
#include "sim/world.h"

namespace keyturn::lab {

// What all hosts share. What is referred to must outlive the hosts.
struct HostParts {
  sim::World& world;
  MetadataService& metadata;
  ProcessTable& processes;
  std::filesystem::path folder;   // one folder a host below it
  std::filesystem::path keyturn;  // the program that is installed on them
  std::filesystem::path ca_file;
  std::string region;
  std::map<std::string, std::string> environment;  // how scripts on them reach the lab's AWS
  // Null: machines of the platform "windows" are nodes on which nothing runs.
  Wine* wine = nullptr;
  WindowsPrograms windows{};
};

struct Host {
  std::string machine;
  std::string instance_id;
  std::string platform;  // "linux" or "windows"
  CredentialSource credentials = CredentialSource::instance_metadata;
  std::filesystem::path root;  // of Windows: drive C; empty: there is no Wine
  std::shared_ptr<WindowsHost> windows;
  std::map<std::string, std::string> environment;
  bool running = false;
  bool managed = true;   // is there an SSM agent?
  bool offline = false;  // it runs, but the agent has no connection
  sim::Delivery delivery = sim::Delivery::normal;
  Duration delay{0};          // before a step starts
  std::string agent_version;  // empty: a recent one

  [[nodiscard]] bool online() const { return running && managed && !offline; }
};

// Thread-safe.
class Hosts {
 public:
  explicit Hosts(HostParts parts) : parts_(std::move(parts)) {}

  // As the machine stands now; what runs on one that has stopped is killed.
  Result<void> put(const Machine& machine, const std::vector<HostInstance>& instances);

  // By the machine's name or the instance's id; not_found.
  [[nodiscard]] Result<Host> find(const std::string& name_or_id) const;
  [[nodiscard]] std::vector<Host> all() const;  // by machine

  Result<void> set_offline(const std::string& name, bool offline);
  Result<void> set_managed(const std::string& name, bool managed);
  Result<void> set_agent_version(const std::string& name, const std::string& version);
  Result<void> set_delivery(const std::string& name, sim::Delivery delivery, Duration delay);

  [[nodiscard]] ProcessTable& processes() const { return parts_.processes; }
  // The processes of whoever signed or connected: kinds kill_… of faults.
  void kill(const sim::FaultVictim& victim, const std::string& machine_of_target);

 private:
  Result<Host> set_up(const Machine& machine, CredentialSource credentials) const;
  Result<void> set_up_linux(Host& host) const;
  Result<void> set_up_windows(Host& host) const;
  template <class Change>
  Result<void> change(const std::string& name, Change change);
  void publish(const Host& host);  // to Systems Manager

  const HostParts parts_;
  std::mutex put_mutex_;  // one host is put after the other: Windows takes its time
  mutable std::mutex mutex_;
  std::map<std::string, Host> hosts_;  // by machine
};

}  // namespace keyturn::lab
