// Backups that never stop: one thread for each instance runs the same BACKUP statement again and again.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "sim/sql_server.h"

namespace keyturn::sim {

struct BackupLoadSettings {
  std::string login;  // a login of the server that may run backups
  // As the blog's Figure 12; "{n}" becomes the number of the backup.
  std::string statement;
  Duration interval{200};  // from the end of one to the start of the next
};

// "BACKUP DATABASE db TO URL = 'url' WITH FORMAT, COMPRESSION, MAXTRANSFERSIZE = 20971520;"
std::string blog_backup_statement(const std::string& database, const std::string& url);

struct BackupCounters {
  int succeeded = 0;
  int failed = 0;
  std::string last_error;  // "3201: Cannot open backup device …; 3013: …", or empty
};

// Thread-safe. start() after stop() goes on counting.
class BackupLoad {
 public:
  BackupLoad(SqlServer& server, BackupLoadSettings settings)
      : server_(server), settings_(std::move(settings)) {}
  ~BackupLoad() { stop(); }
  BackupLoad(const BackupLoad&) = delete;
  BackupLoad& operator=(const BackupLoad&) = delete;

  void start();
  // Lets the backup under way end first, so that stopping the load never fails one.
  void stop();
  // Cancels the backup under way, which then is not counted: the instance goes down.
  void abort();
  [[nodiscard]] bool running() const;
  [[nodiscard]] BackupCounters counters() const;

 private:
  void run(const StopFlag& stop, const std::shared_ptr<StopFlag>& cancel);
  void run_one(const std::shared_ptr<StopFlag>& cancel);
  void join(bool cancel);

  SqlServer& server_;
  const BackupLoadSettings settings_;
  mutable std::mutex mutex_;
  BackupCounters counters_;
  int number_ = 0;
  std::shared_ptr<StopFlag> stop_;
  std::shared_ptr<StopFlag> cancel_;
  std::thread thread_;
};

}  // namespace keyturn::sim
