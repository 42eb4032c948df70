// The lab's SQL Servers together: what they are made with, which run, what SQL Browser and EC2 say of them.
#pragma once

#include <atomic>
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
  Result<void> stop(const std::string& name);
  // The backup loads of all targets that have one. `interval`: from now on; nothing: as it was.
  void start_backups(std::optional<Duration> interval = {});
  void stop_backups();  // lets those under way end

  struct Entry {
    LabTarget settings;
    std::string machine;
    std::string ec2_id;
    std::unique_ptr<Target> target;
    std::unique_ptr<BackupSwitch> backups;  // runs only while the target does
  };
  // In the order in which they were added. Entries are never removed, so that pointers stay good.
  [[nodiscard]] std::vector<Entry*> entries() const;

 private:
  [[nodiscard]] Result<Entry*> find(const std::string& name) const;
  [[nodiscard]] std::unique_ptr<Target> make(const LabTarget& settings, const std::string& machine) const;
  void fill_credentials(Target& target, const LabTarget& settings) const;
  [[nodiscard]] sim::BackupLoadSettings load_of(const LabTarget& settings) const;
  Result<void> bring_up(Entry& entry);
  static void take_down(Entry& entry);
  void publish(const Entry& entry);  // to SQL Browser and EC2

  const RackParts parts_;
  SqlBrowser browser_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::atomic<bool> backups_wanted_{false};
  std::atomic<Duration> interval_;
};

}  // namespace keyturn::lab
