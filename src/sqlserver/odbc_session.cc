#include "sqlserver/odbc_session.h"

#include <algorithm>
#include <array>

namespace keyturn::sqlserver {
namespace {

bool has_rows_or_columns(SQLSMALLINT columns) { return columns > 0; }

std::string column_name(SQLHANDLE statement, SQLUSMALLINT column) {
  std::array<SQLWCHAR, 256> name{};
  SQLSMALLINT size = 0;
  SQLSMALLINT type = 0;
  SQLULEN width = 0;
  SQLSMALLINT digits = 0;
  SQLSMALLINT nullable = 0;
  if (!SQL_SUCCEEDED(SQLDescribeColW(statement, column, name.data(), static_cast<SQLSMALLINT>(name.size()),
                                     &size, &type, &width, &digits, &nullable))) {
    return "";
  }
  return from_odbc(name.data(), std::min<std::size_t>(static_cast<std::size_t>(size), name.size() - 1));
}

// Reads one value as text, in pieces as long as the driver says that there is more.
bool read_value(SQLHANDLE statement, SQLUSMALLINT column, SqlValue& value) {
  constexpr std::size_t kUnits = 512;
  std::array<SQLWCHAR, kUnits> piece{};
  std::u16string whole;
  for (;;) {
    SQLLEN bytes = 0;
    const SQLRETURN answer =
        SQLGetData(statement, column, SQL_C_WCHAR, piece.data(), piece.size() * sizeof(SQLWCHAR), &bytes);
    if (answer == SQL_NO_DATA) break;
    if (!SQL_SUCCEEDED(answer)) return false;
    if (bytes == SQL_NULL_DATA) {
      value.reset();
      return true;
    }
    const std::size_t units =
        bytes == SQL_NO_TOTAL ? kUnits : static_cast<std::size_t>(bytes) / sizeof(SQLWCHAR);
    whole.append(reinterpret_cast<const char16_t*>(piece.data()), std::min(units, kUnits - 1));
    if (answer == SQL_SUCCESS) break;
  }
  value = from_odbc(reinterpret_cast<const SQLWCHAR*>(whole.data()), whole.size());
  return true;
}

// False: the driver failed, and the statement has the diagnostics.
bool read_result_set(SQLHANDLE statement, SQLSMALLINT columns, ResultSet& set) {
  for (SQLSMALLINT i = 1; i <= columns; ++i) {
    set.columns.push_back(column_name(statement, static_cast<SQLUSMALLINT>(i)));
  }
  for (;;) {
    const SQLRETURN answer = SQLFetch(statement);
    if (answer == SQL_NO_DATA) return true;
    if (!SQL_SUCCEEDED(answer)) return false;
    SqlRow row(static_cast<std::size_t>(columns));
    for (SQLSMALLINT i = 1; i <= columns; ++i) {
      if (!read_value(statement, static_cast<SQLUSMALLINT>(i), row[static_cast<std::size_t>(i - 1)]))
        return false;
    }
    set.rows.push_back(std::move(row));
  }
}

SQLPOINTER as_pointer(Duration timeout) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(timeout).count());
  return reinterpret_cast<SQLPOINTER>(static_cast<SQLULEN>(seconds));  // ODBC passes numbers as pointers
}

bool is_timeout(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.sqlstate.substr(0, 3) == "HYT"; });
}

// What went wrong first is what is reported: later messages are mostly its consequences.
class BatchResult {
 public:
  void note_failure(const OdbcHandle& statement) {
    failed_ = true;
    for (Diagnostic& diagnostic : statement.diagnostics()) failures_.push_back(std::move(diagnostic));
  }
  // After a time-out the connection is of no more use, and draining would only wait again.
  [[nodiscard]] bool over() const { return failed_ && is_timeout(failures_); }

  Result<std::vector<ResultSet>> take(const std::string& where) && {
    if (failed_) return fail(error_of(failures_, where, Doing::running));
    return std::move(sets);
  }

  std::vector<ResultSet> sets;

 private:
  bool failed_ = false;
  std::vector<Diagnostic> failures_;
};

// An error of a later statement arrives only with a later SQLMoreResults, so all are asked for; and a fully
// drained statement is closed without an ATTENTION to the server.
void drain(const OdbcHandle& statement, SQLRETURN answer, BatchResult& result) {
  constexpr int kMostResults = 1000;
  for (int i = 0; i < kMostResults && answer != SQL_NO_DATA; ++i) {
    if (SQL_SUCCEEDED(answer)) {
      SQLSMALLINT columns = 0;
      SQLNumResultCols(statement.get(), &columns);
      if (has_rows_or_columns(columns)) {
        ResultSet set;
        if (!read_result_set(statement.get(), columns, set)) result.note_failure(statement);
        result.sets.push_back(std::move(set));
      }
    } else {
      result.note_failure(statement);
      if (answer == SQL_INVALID_HANDLE) return;
    }
    if (result.over()) return;
    const SQLRETURN previous = answer;
    answer = SQLMoreResults(statement.get());
    if (answer == SQL_ERROR && previous == SQL_ERROR) {  // a lost connection answers so for ever
      result.note_failure(statement);
      return;
    }
  }
}

}  // namespace

OdbcSession::~OdbcSession() { SQLDisconnect(connection_.get()); }

Result<std::vector<ResultSet>> OdbcSession::run(const SecretString& batch, Duration timeout) {
  const OdbcHandle statement(SQL_HANDLE_STMT, connection_.get());
  if (!statement) return fail(error_of(connection_.diagnostics(), where_, Doing::running));
  SQLSetStmtAttr(statement.get(), SQL_ATTR_QUERY_TIMEOUT, as_pointer(timeout), 0);
  // No '{…}' in the batch is an ODBC escape.
  SQLSetStmtAttr(statement.get(), SQL_ATTR_NOSCAN, reinterpret_cast<SQLPOINTER>(SQL_NOSCAN_ON), 0);
  BatchResult result;
  {
    OdbcText text(batch.reveal());
    const SQLRETURN answer =
        SQLExecDirectW(statement.get(), text.data(), static_cast<SQLINTEGER>(text.size()));
    drain(statement, answer, result);
  }
  return std::move(result).take(where_);
}

}  // namespace keyturn::sqlserver
