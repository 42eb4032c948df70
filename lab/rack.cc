#include "lab/rack.h"

#include <algorithm>
#include <cctype>

namespace keyturn::lab {
namespace {

constexpr const char* kOperator = "backup-operator";  // the login of the backup load

std::string machine_of(const LabTarget& settings) {
  std::string machine = settings.machine.empty() ? settings.name : settings.machine;
  std::transform(machine.begin(), machine.end(), machine.begin(),
                 [](unsigned char c) { return char(std::toupper(c)); });
  return machine;
}

EncryptionPolicy policy_of(Encryption encryption) {
  switch (encryption) {
    case Encryption::on:
      return EncryptionPolicy::on;
    case Encryption::not_supported:
      return EncryptionPolicy::not_supported;
    case Encryption::off:
      break;
  }
  return EncryptionPolicy::off;
}

std::vector<std::string> credential_names(const LabTarget& settings, const LabConfig& config) {
  return settings.credentials.value_or(std::vector{config.bucket_url()});
}

bool has_backups(const LabTarget& settings, const LabConfig& config) {
  return settings.backups.value_or(settings.can_back_up_to_s3() &&
                                   !credential_names(settings, config).empty() &&
                                   !settings.databases.empty());
}

}  // namespace

Rack::~Rack() {
  browser_.stop();
  for (Entry* entry : entries()) take_down(*entry);
}

std::vector<Rack::Entry*> Rack::entries() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry*> all;
  for (const auto& entry : entries_) all.push_back(entry.get());
  return all;
}

Result<Rack::Entry*> Rack::find(const std::string& name) const {
  for (Entry* entry : entries())
    if (entry->settings.name == name) return entry;
  return fail(ErrorKind::not_found, "There is no target called " + name + ".");
}

std::unique_ptr<Target> Rack::make(const LabTarget& settings, const std::string& machine) const {
  const LabConfig& config = parts_.config;
  TargetSettings made;
  made.server.target = settings.name;
  made.server.machine_name = machine;
  made.server.instance_name = settings.instance;
  made.server.product_version = settings.product_version;
  made.server.edition = settings.edition;
  made.server.on_linux = settings.platform == "linux";
  made.server.clustered = settings.cluster;
  made.backup.s3_endpoint = parts_.s3_endpoint;
  made.backup.duration = config.backup_duration;
  sim::ServerLogin rotation;
  rotation.name = config.sql_user;
  rotation.password = SecretString(config.sql_password);
  rotation.permissions = settings.permissions;
  sim::ServerLogin operator_login;
  operator_login.name = kOperator;
  operator_login.password = SecretString(config.sql_password);
  operator_login.permissions = {"ALTER ANY CREDENTIAL", "BACKUP DATABASE"};  // BACKUP TO URL needs both
  made.logins = {rotation, operator_login};
  made.databases = settings.databases;
  made.port = settings.port;
  made.encryption = policy_of(settings.encryption);
  return std::make_unique<Target>(std::move(made), parts_.world.clock(), &parts_.s3_transport,
                                  parts_.world.faults(), parts_.world.calls(),
                                  parts_.authority.issue({{machine}, false, false}).value());
}

sim::BackupLoadSettings Rack::load_of(const LabTarget& settings) const {
  if (!has_backups(settings, parts_.config)) return {};
  const std::string& database = settings.databases.front();
  const std::string url = parts_.config.bucket_url() + "/" + settings.name + "/" + database + ".bak";
  return {kOperator, sim::blog_backup_statement(database, url), interval_.load()};
}

// Set by hand, as the blog's scripts leave it: no marker beside it.
void Rack::fill_credentials(Target& target, const LabTarget& settings) const {
  if (parts_.current_key.empty()) return;
  sim::CredentialTable table;
  for (const std::string& name : credential_names(settings, parts_.config))
    table.create(name, "S3 Access Key", SecretString(parts_.current_key), parts_.world.clock().now());
  target.server().set_credentials(std::move(table));
}

Result<void> Rack::add(const LabTarget& settings) {
  if (auto good = check(settings); !good) return good;
  if (find(settings.name))
    return fail(ErrorKind::conflict, "There is already a target called " + settings.name + ".");
  auto entry = std::make_unique<Entry>();
  entry->settings = settings;
  entry->machine = machine_of(settings);
  entry->target = make(settings, entry->machine);
  entry->backups = std::make_unique<BackupSwitch>(entry->target->server(), load_of(settings));
  fill_credentials(*entry->target, settings);
  for (Entry* other : entries())
    if (other->machine == entry->machine) entry->ec2_id = other->ec2_id;
  if (entry->ec2_id.empty())
    entry->ec2_id = parts_.world.ec2().add_instance(settings.tags, "127.0.0.1",
                                                    settings.platform == "windows" ? "windows" : "");
  Entry& added = *entry;
  {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  if (auto up = added.target->start(); !up) return up;
  if (settings.running)
    (void)bring_up(added);
  else
    take_down(added);  // it has its port now
  publish(added);
  return {};
}

Result<void> Rack::bring_up(Entry& entry) {
  if (auto up = entry.target->start(); !up) return up;
  if (backups_wanted_) entry.backups->start();
  return {};
}

void Rack::take_down(Entry& entry) {
  entry.backups->abort();
  entry.target->stop();
}

Result<void> Rack::start(const std::string& name) {
  const auto entry = find(name);
  if (!entry) return tl::unexpected(entry.error());
  if (auto up = bring_up(**entry); !up) return up;
  publish(**entry);
  return {};
}

Result<void> Rack::stop(const std::string& name) {
  const auto entry = find(name);
  if (!entry) return tl::unexpected(entry.error());
  take_down(**entry);
  publish(**entry);
  return {};
}

void Rack::start_backups(std::optional<Duration> interval) {
  backups_wanted_ = true;
  if (interval) interval_ = *interval;
  for (Entry* entry : entries()) {
    entry->backups->set_interval(interval_);
    if (entry->target->running()) entry->backups->start();
  }
}

void Rack::stop_backups() {
  backups_wanted_ = false;
  for (Entry* entry : entries()) entry->backups->stop();
}

void Rack::publish(const Entry& entry) {
  const LabTarget& settings = entry.settings;
  const std::string instance = settings.instance.empty() ? "MSSQLSERVER" : settings.instance;
  if (entry.target->running())
    browser_.put({entry.machine, instance, settings.cluster, settings.product_version, entry.target->port()});
  else
    browser_.remove(instance);

  bool any_running = false;
  std::string ports;
  for (const Entry* other : entries()) {
    if (other->ec2_id != entry.ec2_id) continue;
    any_running = any_running || other->target->running();
    ports += (ports.empty() ? "" : ",") + std::to_string(other->target->port());
  }
  auto tags = settings.tags;
  if (!tags.empty()) {
    tags["Name"] = entry.machine;
    tags["keyturn:targets"] = ports;
  }
  parts_.world.ec2().set_tags(entry.ec2_id, tags);
  parts_.world.ec2().set_state(entry.ec2_id,
                               any_running ? sim::InstanceState::running : sim::InstanceState::stopped);
}

}  // namespace keyturn::lab
