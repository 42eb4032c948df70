// One simulated SQL Server instance: what its sessions share. T-SQL runs in a TsqlSession
// (sim/tsql_session.h), the lab serves it over TDS (lab/target.h).
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret_string.h"
#include "net/http_transport.h"
#include "sim/sql_app_locks.h"
#include "sim/sql_credentials.h"
#include "sim/sql_datetime.h"
#include "sim/sql_type.h"

namespace keyturn::sim {

struct SqlServerSettings {
  std::string target = "sql01";  // its name in faults ("tds:sql01:login") and in the call log
  std::string machine_name = "SQL01";
  std::string instance_name;  // empty: the default instance
  std::string product_version = "16.0.4085.2";
  std::string edition = "Developer Edition (64-bit)";  // also "Standard…", "Enterprise…", "Express…"
  bool on_linux = false;
  bool clustered = false;  // a failover cluster instance; machine_name is the virtual network name
  bool hadr_enabled = false;
  std::chrono::minutes utc_offset{0};  // of the server's local time
  Duration clock_ahead{0};             // of its clock, in all dates that T-SQL shows
  int lockout_threshold = 0;           // so many wrong passwords in a row lock a login out; 0: none do

  [[nodiscard]] int major_version() const;
  [[nodiscard]] int engine_edition() const;       // 2 Standard, 3 Enterprise and Developer, 4 Express
  [[nodiscard]] std::string server_name() const;  // "SQL01" or "SQL01\PAYROLL"
};

// How the instance's backups to S3 behave.
struct BackupSettings {
  // "http://127.0.0.1:9000": every s3:// URL goes there, path style. Empty: https to the host of the URL.
  std::string s3_endpoint;
  std::size_t part_bytes = 64 * 1024;
  int parts = 3;         // per stripe, at least 1
  Duration duration{0};  // of the whole backup, spread over its parts
};

struct ServerLogin {
  std::string name;
  SecretString password;
  std::string password_hash = {};  // in the place of `password`: bytes as sql_password.h makes them
  std::string sid = {};            // bytes; empty: one that nobody chose
  bool check_policy = false;
  bool from_windows = false;  // has no password
  // Server permissions in capitals: "ALTER ANY CREDENTIAL", "CONTROL SERVER", "VIEW SERVER STATE", "VIEW ANY
  // DEFINITION" …, and "BACKUP DATABASE" for db_backupoperator in every database.
  std::set<std::string> permissions;
  bool has_user = false;  // one of its name in master
  std::set<std::string> denied;
  bool sysadmin = false;
  bool disabled = false;
  bool locked_out = false;
  int wrong_passwords = 0;      // in a row
  bool may_not_change = false;  // its password is younger than Windows's policy asks for
  std::string default_database = "master";

  [[nodiscard]] bool has_password(const SecretString& given) const;
  [[nodiscard]] bool may(
      const std::string& permission) const;  // CONTROL SERVER and sysadmin imply the others
};

struct SqlDatabase {
  int id = 0;
  std::string name;
  int pages = 480;
  bool online = true;
};

struct SessionInfo {
  int id = 0;  // from 51
  std::string login;
  std::string host_name;
  std::string program_name;
  SqlTicks login_time = 0;  // local
  std::string database;
};

struct RunningRequest {
  int session_id = 0;
  std::string command;      // "BACKUP DATABASE", "SELECT" …
  SqlTicks start_time = 0;  // local
  double percent_complete = 0;
  int database_id = 1;
};

struct BackupRecord {
  std::string database;
  std::string url;  // of the first stripe
  std::string access_key_id;
  TimePoint started;
  TimePoint finished;
  std::optional<SqlError> error;
};

// Thread-safe. One mutex guards it all; a transaction that writes credentials keeps other writers and readers
// of them waiting until it ends, as locks on the catalog do.
class SqlServer {
 public:
  // `transport` carries the backups' S3 requests; with none a backup finds no network. Both outlive the
  // server.
  SqlServer(SqlServerSettings settings, Clock& clock, net::HttpTransport* transport);

  [[nodiscard]] const SqlServerSettings& settings() const { return settings_; }
  [[nodiscard]] Clock& clock() const { return clock_; }
  [[nodiscard]] net::HttpTransport* transport() const { return transport_; }
  [[nodiscard]] SqlTicks local_now() const;  // server's local time
  [[nodiscard]] SqlTicks utc_now() const;
  [[nodiscard]] SqlTicks to_local(TimePoint time) const;

  [[nodiscard]] BackupSettings backup_settings() const;
  void set_backup_settings(BackupSettings settings);

  void put_login(ServerLogin login);           // replaces one of that name
  bool remove_login(const std::string& name);  // false: there is none
  [[nodiscard]] std::optional<ServerLogin> find_login(const std::string& name) const;
  [[nodiscard]] std::vector<ServerLogin> logins() const;
  // 18456, 18470 (disabled), 18486 (locked out). Counts wrong passwords.
  [[nodiscard]] SqlResult<ServerLogin> authenticate(const std::string& user, const SecretString& password);

  void add_database(const std::string& name, int pages = 480);
  [[nodiscard]] std::optional<SqlDatabase> find_database(const std::string& name) const;
  [[nodiscard]] std::vector<SqlDatabase> databases() const;

  int open_session(SessionInfo info);  // returns its id; sets login_time
  void close_session(int id);          // ends its locks too
  void set_session_database(int id, const std::string& database);
  [[nodiscard]] std::vector<SessionInfo> sessions() const;

  void begin_request(int session, const std::string& command);
  void set_request_progress(int session, double percent);
  void end_request(int session);
  [[nodiscard]] std::vector<RunningRequest> requests() const;

  void add_backup(BackupRecord record);
  [[nodiscard]] std::vector<BackupRecord> backups() const;

  // The committed credentials, without waiting: the truth, for the lab and for checkers.
  [[nodiscard]] CredentialTable credentials() const;
  void set_credentials(CredentialTable table);  // as a restore of master would
  // Waits until no other session holds the write lock, then takes it; false where `stop` was requested
  // meanwhile.
  bool lock_credentials(int session, const StopFlag& stop);
  void commit_credentials(int session, CredentialTable table);
  void unlock_credentials(int session);
  // The committed credentials, once no other session holds the write lock; nothing where `stop` was
  // requested.
  [[nodiscard]] std::optional<CredentialTable> read_credentials(int session, const StopFlag& stop);

  [[nodiscard]] AppLocks& app_locks() { return app_locks_; }

 private:
  bool wait_for_credentials(std::unique_lock<std::mutex>& lock, int session, const StopFlag& stop);

  const SqlServerSettings settings_;
  Clock& clock_;
  net::HttpTransport* transport_;
  AppLocks app_locks_;

  mutable std::mutex mutex_;
  std::condition_variable credentials_free_;
  BackupSettings backup_settings_;
  std::map<std::string, ServerLogin> logins_;  // by folded name
  std::vector<SqlDatabase> databases_;
  std::map<int, SessionInfo> sessions_;
  std::map<int, RunningRequest> requests_;
  std::vector<BackupRecord> backups_;
  CredentialTable credentials_;
  int credentials_owner_ = 0;  // session, 0: nobody
  int next_session_ = 51;
};

}  // namespace keyturn::sim
