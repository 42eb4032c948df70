#include "lab/backup_switch.h"

namespace keyturn::lab {
namespace {

sim::BackupCounters sum(const sim::BackupCounters& earlier, const sim::BackupCounters& later) {
  return {earlier.succeeded + later.succeeded, earlier.failed + later.failed,
          later.last_error.empty() ? earlier.last_error : later.last_error};
}

}  // namespace

BackupSwitch::BackupSwitch(sim::SqlServer& server, sim::BackupLoadSettings settings)
    : server_(server), settings_(std::move(settings)) {
  if (!settings_.statement.empty()) load_ = std::make_unique<sim::BackupLoad>(server_, settings_);
}

void BackupSwitch::start() {
  const std::lock_guard lock(mutex_);
  if (load_) load_->start();
}

void BackupSwitch::stop() {
  const std::lock_guard lock(mutex_);
  if (load_) load_->stop();
}

void BackupSwitch::abort() {
  const std::lock_guard lock(mutex_);
  if (load_) load_->abort();
}

void BackupSwitch::set_interval(Duration interval) {
  const std::lock_guard lock(mutex_);
  if (!load_ || settings_.interval == interval) return;
  const bool was_running = load_->running();
  load_->stop();
  earlier_ = sum(earlier_, load_->counters());
  settings_.interval = interval;
  load_ = std::make_unique<sim::BackupLoad>(server_, settings_);
  if (was_running) load_->start();
}

sim::BackupCounters BackupSwitch::counters() const {
  const std::lock_guard lock(mutex_);
  return load_ ? sum(earlier_, load_->counters()) : earlier_;
}

}  // namespace keyturn::lab
