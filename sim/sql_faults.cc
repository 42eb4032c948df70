#include "sim/sql_faults.h"

#include <chrono>
#include <thread>

namespace keyturn::sim {
namespace {

const char* name_of(SqlPoint point) {
  switch (point) {
    case SqlPoint::login:
      return "login";
    case SqlPoint::query:
      return "query";
    case SqlPoint::commit:
      return "commit";
  }
  return "";
}

SqlError refusal(SqlPoint point) {
  if (point == SqlPoint::login) return {18456, 14, 1, "Login failed.", {}, 0};
  return errors::no_permission();
}

// "Slow down" and "ill", in SQL Server's words.
SqlError throttled(SqlPoint point) {
  if (point != SqlPoint::login)
    return {8645,
            17,
            1,
            "A timeout occurred while waiting for memory resources to execute the query in resource pool "
            "'default' (2). Rerun the query.",
            {},
            0};
  return {17809,
          20,
          2,
          "Could not connect because the maximum number of '10' user connections has already been reached. "
          "The system administrator can use sp_configure to increase the maximum value. The connection has "
          "been closed.",
          {},
          0};
}
SqlError ill(SqlPoint point) {
  if (point != SqlPoint::login)
    return {9002, 17, 2, "The transaction log for database 'master' is full due to 'LOG_BACKUP'.", {}, 0};
  return {17187,
          16,
          1,
          "SQL Server is not ready to accept new client connections. Wait a few minutes before trying again. "
          "If you have access to the error log, look for the informational message that indicates that SQL "
          "Server is ready before trying to connect again.",
          {},
          0};
}

}  // namespace

std::string SqlFaults::operation(SqlPoint point) const {
  return "tds:" + server_.settings().target + ":" + name_of(point);
}

SqlFault SqlFaults::draw(SqlPoint point, const StopFlag* stop) {
  const auto fault = board_.draw(operation(point));
  if (!fault) return {};
  log(point, std::string("fault:") + to_string(fault->kind), {});
  switch (fault->kind) {
    case FaultKind::refuse:
      return {SqlFault::Kind::refuse, refusal(point)};
    case FaultKind::throttle:
      return {SqlFault::Kind::refuse, throttled(point)};
    case FaultKind::error_5xx:
      return {SqlFault::Kind::refuse, ill(point)};
    case FaultKind::delay:
      server_.clock().sleep_for(fault->delay, stop);
      return {};
    case FaultKind::hang:
      return {SqlFault::Kind::hang, {}};
    case FaultKind::reply_lost:
      return {SqlFault::Kind::lose_reply, {}};
    case FaultKind::cut:
      return {SqlFault::Kind::cut_reply, {}};
    case FaultKind::kill_before:
      kill();
      return {SqlFault::Kind::hang, {}};  // until its connection ends
    case FaultKind::kill_after:
      return {SqlFault::Kind::lose_reply, {}, true};
  }
  return {};
}

CommitDecision SqlFaults::decide_commit(const StopFlag& stop, bool may_wait, const std::string& by) {
  const SqlFault fault = draw(SqlPoint::commit, &stop);
  switch (fault.kind) {
    case SqlFault::Kind::none:
      log(SqlPoint::commit, "ok", by);
      return {};
    case SqlFault::Kind::refuse:
      return {CommitVerdict::refuse, fault.error};
    case SqlFault::Kind::hang:
      while (may_wait && !stop.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return {CommitVerdict::break_before, {}};
    default:
      if (fault.kills) kill();  // the decision stands, whether or not the connection still does
      return {CommitVerdict::apply_then_break, {}};
  }
}

void SqlFaults::log(SqlPoint point, const std::string& outcome, const std::string& by) {
  if (calls_ == nullptr) return;
  calls_->add({server_.clock().now(), "tds", server_.settings().target + ":" + name_of(point), outcome, by});
}

}  // namespace keyturn::sim
