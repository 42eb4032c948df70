#include "sim/sql_connector.h"

#include "sim/sql_faults.h"
#include "sim/tsql_session.h"
#include "sqlserver/errors.h"

namespace keyturn::sim {
namespace {

std::string port_key(const std::string& host, std::uint16_t port) {
  return fold_name(host) + ":" + std::to_string(port);
}
std::string instance_key(const std::string& host, const std::string& instance) {
  return fold_name(host) + "\\" + fold_name(instance);
}

Error of_server(const SqlError& error, const std::string& where, sqlserver::Doing doing) {
  return sqlserver::error_of_number(error.number, error.text, where, doing);
}

// Keeps results, and the first error.
class Collector final : public ResultSink {
 public:
  void columns(const std::vector<ResultColumn>& columns) override {
    types_.clear();
    results_.emplace_back();
    for (const ResultColumn& column : columns) {
      results_.back().columns.push_back(column.name);
      types_.push_back(column.type);
    }
  }
  void row(const Row& row) override {
    sqlserver::SqlRow texts;
    for (std::size_t i = 0; i < row.size(); ++i) {
      texts.push_back(is_null(row[i]) ? sqlserver::SqlValue()
                                      : sqlserver::SqlValue(to_text(row[i], types_[i])));
    }
    results_.back().rows.push_back(std::move(texts));
  }
  void done(bool, std::optional<std::int64_t>) override {}
  void message(const SqlError& message) override {
    if (message.severity > 10 && !error_) error_ = message;
  }
  void database_changed(const std::string&, const std::string&) override {}
  void transaction(TransactionEvent) override {}

  [[nodiscard]] const std::optional<SqlError>& error() const { return error_; }
  [[nodiscard]] std::vector<sqlserver::ResultSet> take() { return std::move(results_); }

 private:
  std::vector<SqlType> types_;
  std::vector<sqlserver::ResultSet> results_;
  std::optional<SqlError> error_;
};

}  // namespace

class SimSqlSession final : public sqlserver::SqlSession {
 public:
  SimSqlSession(SimSqlConnector& connector, SqlServer& server, ServerLogin login)
      : connector_(connector),
        server_(server),
        faults_(server, connector.faults_, connector.calls_),
        session_(server, std::move(login), {}) {
    session_.set_commit_gate(
        [this] { return faults_.decide_commit(StopFlag{}, false, session_.state().login.name); });
  }

  Result<std::vector<sqlserver::ResultSet>> run(const SecretString& batch, Duration timeout) override {
    const std::string who = "SQL Server " + server_.settings().target;
    if (broken_ || !connector_.reachable(server_)) return broken(who, Effect::none);
    const SqlFault fault = faults_.draw(SqlPoint::query, nullptr);
    if (fault.kind == SqlFault::Kind::refuse)
      return fail(of_server(fault.error, who, sqlserver::Doing::running));
    if (fault.kind == SqlFault::Kind::hang) {
      server_.clock().sleep_for(timeout, nullptr);
      broken_ = true;
      return fail(Error{ErrorKind::timed_out,
                        Effect::unknown,
                        {},
                        who + " did not answer in " + format_duration(timeout) + ".",
                        {}});
    }
    Collector results;
    const bool alive = session_.run_batch(batch.reveal(), results, std::make_shared<StopFlag>());
    faults_.log(SqlPoint::query, results.error() ? std::to_string(results.error()->number) : "ok",
                session_.state().login.name);
    if (!alive || fault.kind != SqlFault::Kind::none) return broken(who, Effect::unknown);
    if (results.error()) return fail(of_server(*results.error(), who, sqlserver::Doing::running));
    return results.take();
  }

 private:
  tl::unexpected<Error> broken(const std::string& who, Effect effect) {
    if (!broken_)
      abandon_transaction(session_.state(), nullptr);  // the server notices that the client is gone
    broken_ = true;
    return fail(Error{ErrorKind::unavailable, effect, {}, "The connection to " + who + " has broken.", {}});
  }

  SimSqlConnector& connector_;
  SqlServer& server_;
  SqlFaults faults_;
  TsqlSession session_;
  bool broken_ = false;
};

void SimSqlConnector::add(const std::string& host, std::uint16_t port, SqlServer& server) {
  const std::lock_guard lock(mutex_);
  servers_[port_key(host, port)] = &server;
  if (!server.settings().instance_name.empty())
    servers_[instance_key(host, server.settings().instance_name)] = &server;
}

void SimSqlConnector::set_reachable(SqlServer& server, bool reachable) {
  const std::lock_guard lock(mutex_);
  if (reachable) {
    unreachable_.erase(&server);
  } else {
    unreachable_.insert(&server);
  }
}

SqlServer* SimSqlConnector::find(const sqlserver::SqlAddress& address) const {
  const std::lock_guard lock(mutex_);
  const auto it = servers_.find(address.port != 0 ? port_key(address.host, address.port)
                                                  : instance_key(address.host, address.instance));
  return it == servers_.end() ? nullptr : it->second;
}

bool SimSqlConnector::reachable(SqlServer& server) const {
  const std::lock_guard lock(mutex_);
  return !unreachable_.contains(&server);
}

Result<std::unique_ptr<sqlserver::SqlSession>> SimSqlConnector::connect(const sqlserver::SqlAddress& address,
                                                                        const sqlserver::SqlLogin& login,
                                                                        Duration timeout) {
  SqlServer* server = find(address);
  const std::string where = address.port != 0 ? address.host + ":" + std::to_string(address.port)
                                              : address.host + "\\" + address.instance;
  if (server == nullptr || !reachable(*server))
    return fail(ErrorKind::unavailable, "Nothing answers at " + where + ".");
  SqlFaults faults(*server, faults_, calls_);
  const SqlFault fault = faults.draw(SqlPoint::login, nullptr);
  if (fault.kind == SqlFault::Kind::refuse)
    return fail(of_server(fault.error, where, sqlserver::Doing::connecting));
  if (fault.kind == SqlFault::Kind::hang) {
    server->clock().sleep_for(timeout, nullptr);
    return fail(ErrorKind::timed_out,
                where + " did not answer the login in " + format_duration(timeout) + ".");
  }
  if (fault.kind != SqlFault::Kind::none)
    return fail(ErrorKind::unavailable, "The connection to " + where + " has broken.");
  auto known = server->authenticate(login.user, login.password);
  faults.log(SqlPoint::login, known ? "ok" : std::to_string(known.error().number), login.user);
  if (!known) return fail(of_server(known.error(), where, sqlserver::Doing::connecting));
  return std::unique_ptr<sqlserver::SqlSession>(
      std::make_unique<SimSqlSession>(*this, *server, std::move(*known)));
}

}  // namespace keyturn::sim
