// The lab's SQL Servers together: what they are made with, which run, what SQL Browser and EC2 say of them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lab/backup_switch.h"
#include "lab/certificates.h"
#include "lab/lab_config.h"
#include "lab/sql_browser.h"
#include "lab/target.h"
#include "sim/world.h"

namespace keyturn::lab {

// What every target shares. What is referred to must outlive the rack.
struct RackParts {
  sim::World& world;
  const LabConfig& config;
  const CertificateAuthority& authority;
  net::HttpTransport& s3_transport;
  std::string s3_endpoint;  // the lab's AWS endpoint
  std::string current_key;  // "AKIA…:secret", that the first credentials hold; empty: none has one
  // A machine was added, or a target of it started or stopped, or its tags changed. Called without a lock.
  std::function<Result<void>(const std::string& machine)> machine_changed;
};

// An EC2 instance with one or more SQL Servers.
struct Machine {
  std::string name;
  std::string ec2_id;
  std::string platform;  // "linux" or "windows"
  std::map<std::string, std::string> tags;
  bool running = false;
};

// Thread-safe.
class Rack {
 public:
  explicit Rack(RackParts parts) : parts_(std::move(parts)), interval_(parts_.config.backup_interval) {}
  ~Rack();

  Result<void> start_browser() { return browser_.start(0); }
  [[nodiscard]] std::uint16_t browser_port() const { return browser_.port(); }

  // Makes the target and gives it a port; it runs afterwards if `settings.running`.
  Result<void> add(const LabTarget& settings);
  // not_found where there is no such target. Starting what runs, and stopping what is stopped, is no error.
  Result<void> start(const std::string& name);
  // Its machine stops with its last target, unless only the service is stopped.
  Result<void> stop(const std::string& name, bool service_only = false);
  Result<void> start_machine(const std::string& machine);  // with all its targets; so below
  Result<void> stop_machine(const std::string& machine);
  Result<void> set_tags(const std::string& machine, std::map<std::string, std::string> tags);
  // The backup loads of all targets that have one. `interval`: from now on; nothing: as it was.
  void start_backups(std::optional<Duration> interval = {});
  void stop_backups();  // lets those under way end

  struct Entry {
    LabTarget settings;
    std::string machine;
    std::unique_ptr<Target> target;
    std::unique_ptr<BackupSwitch> backups;  // runs only while the target does
    std::atomic<TimePoint> changed_at;      // when it last started or stopped
  };
  // In the order in which they were added. Entries are never removed, so that pointers stay good.
  [[nodiscard]] std::vector<Entry*> entries() const;
  [[nodiscard]] std::vector<Entry*> entries_of(const std::string& machine) const;
  [[nodiscard]] Result<Machine> machine(const std::string& name) const;
  [[nodiscard]] std::vector<Machine> machines() const;  // by name

 private:
  [[nodiscard]] Result<Entry*> find(const std::string& name) const;
  [[nodiscard]] std::unique_ptr<Target> make(const LabTarget& settings, const std::string& machine) const;
  void fill_credentials(Target& target, const LabTarget& settings) const;
  [[nodiscard]] sim::BackupLoadSettings load_of(const LabTarget& settings) const;
  [[nodiscard]] Result<void> check_new(const LabTarget& settings) const;
  void add_machine(const Entry& entry);
  Result<void> bring_up(Entry& entry);
  void take_down(Entry& entry);
  void publish(const Entry& entry);                          // to SQL Browser
  Result<void> publish_machine(const std::string& machine);  // to EC2 and whoever wants to know
  Result<void> change_machine(const std::string& name, const std::function<void(Machine&)>& change);

  const RackParts parts_;
  SqlBrowser browser_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::map<std::string, Machine> machines_;
  std::atomic<bool> backups_wanted_{false};
  std::atomic<Duration> interval_;
};

}  // namespace keyturn::lab
