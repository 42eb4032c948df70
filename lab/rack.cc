#include "lab/rack.h"

#include <algorithm>
#include <cctype>

namespace keyturn::lab {
namespace {

constexpr const char* kAdministrator = "sa";
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

std::vector<Rack::Entry*> Rack::entries_of(const std::string& machine) const {
  std::vector<Entry*> some = entries();
  std::erase_if(some, [&](const Entry* entry) { return entry->machine != machine; });
  return some;
}

Result<Machine> Rack::machine(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = machines_.find(name);
  if (found == machines_.end()) return fail(ErrorKind::not_found, "There is no machine called " + name + ".");
  return found->second;
}

std::vector<Machine> Rack::machines() const {
  const std::lock_guard lock(mutex_);
  std::vector<Machine> all;
  for (const auto& [name, machine] : machines_) all.push_back(machine);
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
  made.server.clock_ahead = std::chrono::seconds{settings.clock_ahead_s};
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
  sim::ServerLogin administrator;
  administrator.name = kAdministrator;
  administrator.password = SecretString(config.sql_password);
  administrator.sysadmin = true;
  made.logins = {rotation, operator_login, administrator};
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

Result<void> Rack::check_new(const LabTarget& settings) const {
  if (auto good = check(settings); !good) return good;
  for (const Entry* other : entries()) {
    if (other->settings.name == settings.name)
      return fail(ErrorKind::conflict, "There is already a target called " + settings.name + ".");
    if (!settings.instance.empty() && same_instance(other->settings.instance, settings.instance))
      return fail(ErrorKind::conflict, "The instance " + settings.instance +
                                           " is already that of the target " + other->settings.name +
                                           "; one SQL Browser answers for all.");
    if (other->machine == machine_of(settings) && other->settings.platform != settings.platform)
      return fail(ErrorKind::conflict, "The machine " + other->machine + " runs " + other->settings.platform +
                                           ", so its target " + settings.name + " can't run " +
                                           settings.platform + ".");
  }
  return {};
}

Result<void> Rack::add(const LabTarget& settings) {
  if (auto good = check_new(settings); !good) return good;
  auto entry = std::make_unique<Entry>();
  entry->settings = settings;
  entry->machine = machine_of(settings);
  entry->target = make(settings, entry->machine);
  entry->backups = std::make_unique<BackupSwitch>(entry->target->server(), load_of(settings));
  fill_credentials(*entry->target, settings);
  add_machine(*entry);
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
  return change_machine(added.machine, [&](Machine& it) { it.running = it.running || settings.running; });
}

void Rack::add_machine(const Entry& entry) {
  const LabTarget& settings = entry.settings;
  const std::lock_guard lock(mutex_);
  if (machines_.contains(entry.machine)) return;
  const std::string id = parts_.world.ec2().add_instance(settings.tags, "127.0.0.1",
                                                         settings.platform == "windows" ? "windows" : "");
  machines_[entry.machine] = {entry.machine, id, settings.platform, settings.tags, false};
}

Result<void> Rack::bring_up(Entry& entry) {
  if (auto up = entry.target->start(); !up) return up;
  entry.changed_at = parts_.world.clock().now();
  if (backups_wanted_) entry.backups->start();
  return {};
}

void Rack::take_down(Entry& entry) {
  entry.backups->abort();
  entry.target->stop();
  entry.changed_at = parts_.world.clock().now();
}

Result<void> Rack::start(const std::string& name) {
  const auto entry = find(name);
  if (!entry) return tl::unexpected(entry.error());
  if (auto up = bring_up(**entry); !up) return up;
  publish(**entry);
  return change_machine((*entry)->machine, [](Machine& machine) { machine.running = true; });
}

Result<void> Rack::stop(const std::string& name, bool service_only) {
  const auto entry = find(name);
  if (!entry) return tl::unexpected(entry.error());
  take_down(**entry);
  publish(**entry);
  bool any_running = service_only;
  for (const Entry* other : entries_of((*entry)->machine))
    any_running = any_running || other->target->running();
  return change_machine((*entry)->machine,
                        [&](Machine& machine) { machine.running = machine.running && any_running; });
}

Result<void> Rack::start_machine(const std::string& name) {
  for (Entry* entry : entries_of(name)) {
    if (auto up = bring_up(*entry); !up) return up;
    publish(*entry);
  }
  return change_machine(name, [](Machine& machine) { machine.running = true; });
}

Result<void> Rack::stop_machine(const std::string& name) {
  for (Entry* entry : entries_of(name)) {
    take_down(*entry);
    publish(*entry);
  }
  return change_machine(name, [](Machine& machine) { machine.running = false; });
}

Result<void> Rack::set_tags(const std::string& name, std::map<std::string, std::string> tags) {
  return change_machine(name, [&](Machine& machine) { machine.tags = std::move(tags); });
}

Result<void> Rack::change_machine(const std::string& name, const std::function<void(Machine&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = machines_.find(name);
    if (found == machines_.end())
      return fail(ErrorKind::not_found, "There is no machine called " + name + ".");
    change(found->second);
  }
  return publish_machine(name);
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
}

Result<void> Rack::publish_machine(const std::string& name) {
  const auto known = machine(name);
  std::string ports;
  for (const Entry* entry : entries_of(name))
    ports += (ports.empty() ? "" : ",") + std::to_string(entry->target->port());
  auto tags = known->tags;
  if (!tags.empty()) {
    tags["Name"] = name;
    tags["keyturn:targets"] = ports;
  }
  parts_.world.ec2().set_tags(known->ec2_id, tags);
  parts_.world.ec2().set_state(known->ec2_id,
                               known->running ? sim::InstanceState::running : sim::InstanceState::stopped);
  return parts_.machine_changed(name);
}

}  // namespace keyturn::lab
