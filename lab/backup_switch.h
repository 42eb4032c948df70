// The backup load of one target: on or off, and how often.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "sim/backup_load.h"

namespace keyturn::lab {

// Thread-safe. Counts go on over every change.
class BackupSwitch {
 public:
  // `settings.statement` empty: there is nothing to switch. The server must outlive it.
  BackupSwitch(sim::SqlServer& server, sim::BackupLoadSettings settings);

  void start();
  void stop();                           // lets the backup under way end
  void abort();                          // cancels it uncounted: the instance goes down
  void set_interval(Duration interval);  // from the end of one to the start of the next
  [[nodiscard]] sim::BackupCounters counters() const;

 private:
  sim::SqlServer& server_;
  mutable std::mutex mutex_;
  sim::BackupLoadSettings settings_;
  std::unique_ptr<sim::BackupLoad> load_;
  sim::BackupCounters earlier_;  // of loads with another interval
};

}  // namespace keyturn::lab
