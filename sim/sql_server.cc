#include "sim/sql_server.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "sim/sql_password.h"

namespace keyturn::sim {

int SqlServerSettings::major_version() const { return std::atoi(product_version.c_str()); }

int SqlServerSettings::engine_edition() const {
  if (edition.starts_with("Express")) return 4;
  const bool enterprise = edition.starts_with("Enterprise") || edition.starts_with("Developer") ||
                          edition.starts_with("Evaluation");
  return enterprise ? 3 : 2;
}

std::string SqlServerSettings::server_name() const {
  return instance_name.empty() ? machine_name : machine_name + "\\" + instance_name;
}

bool ServerLogin::may(const std::string& permission) const {
  if (sysadmin) return true;
  if (denied.contains(permission)) return false;
  if (permissions.contains(permission) || permissions.contains("CONTROL SERVER")) return true;
  if (permission == "VIEW SERVER PERFORMANCE STATE") return permissions.contains("VIEW SERVER STATE");
  if (permission == "VIEW ANY SECURITY DEFINITION") return permissions.contains("VIEW ANY DEFINITION");
  return permission == "CONNECT SQL";
}

bool ServerLogin::has_password(const SecretString& given) const {
  if (from_windows) return false;
  return password_hash.empty() ? password == given : password_matches(password_hash, given);
}

SqlServer::SqlServer(SqlServerSettings settings, Clock& clock, net::HttpTransport* transport)
    : settings_(std::move(settings)), clock_(clock), transport_(transport) {
  for (const char* name : {"master", "tempdb", "model", "msdb"}) add_database(name);
}

SqlTicks SqlServer::to_local(TimePoint time) const {
  return to_ticks(time + settings_.clock_ahead + settings_.utc_offset);
}
SqlTicks SqlServer::local_now() const { return to_local(clock_.now()); }
SqlTicks SqlServer::utc_now() const { return to_ticks(clock_.now() + settings_.clock_ahead); }

BackupSettings SqlServer::backup_settings() const {
  const std::lock_guard lock(mutex_);
  return backup_settings_;
}
void SqlServer::set_backup_settings(BackupSettings settings) {
  const std::lock_guard lock(mutex_);
  backup_settings_ = std::move(settings);
}

void SqlServer::put_login(ServerLogin login) {
  const std::lock_guard lock(mutex_);
  const std::string key = fold_name(login.name);
  logins_[key] = std::move(login);
}
bool SqlServer::remove_login(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return logins_.erase(fold_name(name)) == 1;
}
std::optional<ServerLogin> SqlServer::find_login(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = logins_.find(fold_name(name));
  return it == logins_.end() ? std::nullopt : std::optional(it->second);
}
std::vector<ServerLogin> SqlServer::logins() const {
  const std::lock_guard lock(mutex_);
  std::vector<ServerLogin> all;
  for (const auto& [key, login] : logins_) all.push_back(login);
  return all;
}

SqlResult<ServerLogin> SqlServer::authenticate(const std::string& user, const SecretString& password) {
  auto login = find_login(user);
  const bool is_right = login && login->has_password(password);
  if (login && settings_.lockout_threshold > 0) {
    login->wrong_passwords = is_right ? 0 : login->wrong_passwords + 1;
    if (login->wrong_passwords >= settings_.lockout_threshold) login->locked_out = true;
    put_login(*login);
  }
  if (!is_right) return raise(errors::login_failed(user));
  if (login->disabled) {
    return raise(
        {18470, 14, 1, "Login failed for user '" + user + "'. Reason: The account is disabled.", {}, 0});
  }
  if (login->locked_out) {
    return raise(
        {18486,
         14,
         1,
         "Login failed for user '" + user +
             "' because the account is currently locked out. The system administrator can unlock it.",
         {},
         0});
  }
  return std::move(*login);
}

void SqlServer::add_database(const std::string& name, int pages) {
  const std::lock_guard lock(mutex_);
  databases_.push_back({static_cast<int>(databases_.size()) + 1, name, pages, true});
}
std::optional<SqlDatabase> SqlServer::find_database(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(databases_.begin(), databases_.end(),
                               [&](const SqlDatabase& database) { return same_name(database.name, name); });
  return it == databases_.end() ? std::nullopt : std::optional(*it);
}
std::vector<SqlDatabase> SqlServer::databases() const {
  const std::lock_guard lock(mutex_);
  return databases_;
}

int SqlServer::open_session(SessionInfo info) {
  info.login_time = local_now();
  const std::lock_guard lock(mutex_);
  info.id = next_session_++;
  if (next_session_ > 32767) next_session_ = 51;
  const int id = info.id;
  sessions_[id] = std::move(info);
  return id;
}
void SqlServer::close_session(int id) {
  app_locks_.end_session(id);
  unlock_credentials(id);
  const std::lock_guard lock(mutex_);
  sessions_.erase(id);
  requests_.erase(id);
}
void SqlServer::set_session_database(int id, const std::string& database) {
  const std::lock_guard lock(mutex_);
  if (const auto it = sessions_.find(id); it != sessions_.end()) it->second.database = database;
}
std::vector<SessionInfo> SqlServer::sessions() const {
  const std::lock_guard lock(mutex_);
  std::vector<SessionInfo> all;
  for (const auto& [id, info] : sessions_) all.push_back(info);
  return all;
}

void SqlServer::begin_request(int session, const std::string& command) {
  const SqlTicks now = local_now();
  const std::lock_guard lock(mutex_);
  RunningRequest& request = requests_[session];
  if (request.session_id == 0) request.start_time = now;
  request.session_id = session;
  request.command = command;
  request.percent_complete = 0;
}
void SqlServer::set_request_progress(int session, double percent) {
  const std::lock_guard lock(mutex_);
  if (const auto it = requests_.find(session); it != requests_.end()) it->second.percent_complete = percent;
}
void SqlServer::end_request(int session) {
  const std::lock_guard lock(mutex_);
  requests_.erase(session);
}
std::vector<RunningRequest> SqlServer::requests() const {
  const std::lock_guard lock(mutex_);
  std::vector<RunningRequest> all;
  for (const auto& [id, request] : requests_) all.push_back(request);
  return all;
}

void SqlServer::add_backup(BackupRecord record) {
  const std::lock_guard lock(mutex_);
  backups_.push_back(std::move(record));
}
std::vector<BackupRecord> SqlServer::backups() const {
  const std::lock_guard lock(mutex_);
  return backups_;
}

CredentialTable SqlServer::credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}
void SqlServer::set_credentials(CredentialTable table) {
  const std::lock_guard lock(mutex_);
  credentials_ = std::move(table);
}

bool SqlServer::wait_for_credentials(std::unique_lock<std::mutex>& lock, int session, const StopFlag& stop) {
  // A stop is requested without this mutex, so it is looked for now and then.
  while (credentials_owner_ != 0 && credentials_owner_ != session) {
    if (stop.requested()) return false;
    credentials_free_.wait_for(lock, std::chrono::milliseconds(20));
  }
  return true;
}

bool SqlServer::lock_credentials(int session, const StopFlag& stop) {
  std::unique_lock lock(mutex_);
  if (!wait_for_credentials(lock, session, stop)) return false;
  credentials_owner_ = session;
  return true;
}
void SqlServer::commit_credentials(int session, CredentialTable table) {
  {
    const std::lock_guard lock(mutex_);
    credentials_ = std::move(table);
  }
  unlock_credentials(session);
}
void SqlServer::unlock_credentials(int session) {
  {
    const std::lock_guard lock(mutex_);
    if (credentials_owner_ == session) credentials_owner_ = 0;
  }
  credentials_free_.notify_all();
}
std::optional<CredentialTable> SqlServer::read_credentials(int session, const StopFlag& stop) {
  std::unique_lock lock(mutex_);
  if (!wait_for_credentials(lock, session, stop)) return std::nullopt;
  return credentials_;
}

}  // namespace keyturn::sim
