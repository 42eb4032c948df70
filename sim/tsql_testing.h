// For tests: a server, sessions on it, and what batches gave as lines of text.
#pragma once

#include <string>
#include <vector>

#include "sim/sql_server.h"
#include "sim/tsql_session.h"
#include "sim/virtual_clock.h"

namespace keyturn::sim {

// Records: "row a|b", "NNNN: text" for errors, "info: text".
class RecordingSink final : public ResultSink {
 public:
  void columns(const std::vector<ResultColumn>& columns) override { columns_ = columns; }
  void row(const Row& row) override {
    std::string line = "row ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line +=
          (i == 0 ? "" : "|") + (is_null(row[i]) ? std::string("NULL") : to_text(row[i], columns_[i].type));
    }
    lines_.push_back(line);
  }
  void done(bool, std::optional<std::int64_t> rows) override { row_count_ = rows; }
  void message(const SqlError& message) override {
    errors_.push_back(message);
    lines_.push_back((message.severity > 10 ? std::to_string(message.number) : std::string("info")) + ": " +
                     message.text);
  }
  void database_changed(const std::string&, const std::string& to) override {
    lines_.push_back("database " + to);
  }
  void transaction(TransactionEvent) override {}

  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] const std::vector<SqlError>& errors() const { return errors_; }
  [[nodiscard]] const std::vector<ResultColumn>& columns() const { return columns_; }
  [[nodiscard]] std::optional<std::int64_t> row_count() const { return row_count_; }

 private:
  std::vector<ResultColumn> columns_;
  std::vector<std::string> lines_;
  std::vector<SqlError> errors_;
  std::optional<std::int64_t> row_count_;
};

inline ServerLogin test_login(std::string name, std::set<std::string> permissions) {
  ServerLogin login;
  login.name = std::move(name);
  login.password = SecretString("pw");
  login.permissions = std::move(permissions);
  return login;
}

struct TestServer {
  explicit TestServer(SqlServerSettings settings = {}, net::HttpTransport* transport = nullptr)
      : server(std::move(settings), clock, transport) {
    server.put_login(test_login("admin", {"CONTROL SERVER"}));
    server.put_login(test_login("rotator", {"ALTER ANY CREDENTIAL"}));
    server.put_login(test_login("nobody", {}));
    server.add_database("db1");
  }
  std::unique_ptr<TsqlSession> session(const std::string& login = "admin") {
    SessionInfo info;
    info.host_name = "HOST";
    info.program_name = "test";
    return std::make_unique<TsqlSession>(server, *server.find_login(login), info);
  }

  VirtualClock clock{TimePoint{Duration{1'767'323'045'678}}};  // 2026-01-02T03:04:05.678Z
  SqlServer server;
};

inline RecordingSink run(TsqlSession& session, const std::string& text) {
  RecordingSink sink;
  static_cast<void>(session.run_batch(text, sink, std::make_shared<StopFlag>()));
  return sink;
}
inline std::vector<std::string> lines(TsqlSession& session, const std::string& text) {
  return run(session, text).lines();
}

}  // namespace keyturn::sim
