#include "sim/backup_load.h"

#include "sim/tsql_session.h"

namespace keyturn::sim {
namespace {

// Only errors matter here.
class ErrorCollector final : public ResultSink {
 public:
  void columns(const std::vector<ResultColumn>&) override {}
  void row(const Row&) override {}
  void done(bool, std::optional<std::int64_t>) override {}
  void message(const SqlError& message) override {
    if (message.severity <= 10) return;
    text_ += (text_.empty() ? "" : "; ") + std::to_string(message.number) + ": " + message.text;
  }
  void database_changed(const std::string&, const std::string&) override {}
  void transaction(TransactionEvent) override {}
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string blog_backup_statement(const std::string& database, const std::string& url) {
  return "BACKUP DATABASE " + database + "\nTO URL = '" + url +
         "'\nWITH FORMAT, COMPRESSION, MAXTRANSFERSIZE = 20971520;";
}

void BackupLoad::start() {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) return;
  stop_ = std::make_shared<StopFlag>();
  cancel_ = std::make_shared<StopFlag>();
  thread_ = std::thread([this, stop = stop_, cancel = cancel_] { run(*stop, cancel); });
}

void BackupLoad::stop() { join(false); }
void BackupLoad::abort() { join(true); }

void BackupLoad::join(bool cancel) {
  std::thread ended;
  {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) return;
    stop_->request();
    if (cancel) cancel_->request();
    ended = std::move(thread_);
  }
  ended.join();
}

bool BackupLoad::running() const {
  const std::lock_guard lock(mutex_);
  return thread_.joinable();
}

BackupCounters BackupLoad::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void BackupLoad::run(const StopFlag& stop, const std::shared_ptr<StopFlag>& cancel) {
  while (!stop.requested()) {
    run_one(cancel);
    server_.clock().sleep_for(settings_.interval, &stop);
  }
}

void BackupLoad::run_one(const std::shared_ptr<StopFlag>& cancel) {
  const auto login = server_.find_login(settings_.login);
  std::string statement = settings_.statement;
  if (const std::size_t at = statement.find("{n}"); at != std::string::npos)
    statement.replace(at, 3, std::to_string(++number_));
  ErrorCollector errors;
  if (login) {
    TsqlSession session(server_, *login, {0, {}, {}, "backup load", 0, {}});
    static_cast<void>(session.run_batch(statement, errors, cancel));
  }
  if (cancel->requested()) return;
  const std::string problem = login ? errors.text() : "there is no login '" + settings_.login + "'";
  const std::lock_guard lock(mutex_);
  ++(problem.empty() ? counters_.succeeded : counters_.failed);
  if (!problem.empty()) counters_.last_error = problem;
}

}  // namespace keyturn::sim
