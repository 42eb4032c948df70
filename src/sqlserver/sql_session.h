// The seam to SQL Server: one logged-in connection that runs batches. ODBC implements it here, the simulated
// SQL Server in tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"
#include "base/time.h"

namespace keyturn::sqlserver {

// A value as text (UTF-8), or NULL. keyturn's own queries cast every column to nvarchar, so that no driver's
// idea of a date or a sql_variant comes between.
using SqlValue = std::optional<std::string>;
using SqlRow = std::vector<SqlValue>;

struct ResultSet {
  std::vector<std::string> columns;
  std::vector<SqlRow> rows;
};

// Not thread-safe: one session, one thread. Closing happens in the destructor.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  // Runs one batch to its end and returns every result set, in order; drains all of them before it answers,
  // since an error of a later statement arrives only then. `batch` is wiped by the implementation where it
  // keeps a copy. Errors: the server's own with its number in Error::code; timed_out and broken connections
  // with Effect::unknown.
  virtual Result<std::vector<ResultSet>> run(const SecretString& batch, Duration timeout) = 0;
};

struct SqlAddress {
  std::string host;
  std::uint16_t port = 0;  // 0: ask SQL Browser for `instance`
  std::string instance;    // empty or MSSQLSERVER: the default instance
  // Shared memory or a named pipe in the place of TCP, as the Server keyword of Microsoft's drivers takes it:
  // "lpc:(local)\\PAYROLL", "np:\\\\.\\pipe\\sql\\query". Empty: TCP.
  std::string channel{};
};

struct SqlLogin {
  std::string user;
  SecretString password;
  // Windows: as the account that this process runs as. `user` is that account's name then, for sentences
  // alone, and there is no password.
  bool integrated = false;
};

// Thread-safe.
class SqlConnector {
 public:
  virtual ~SqlConnector() = default;
  // Connects and logs in; encrypted, with the server's certificate checked unless the configuration says
  // otherwise.
  virtual Result<std::unique_ptr<SqlSession>> connect(const SqlAddress& address, const SqlLogin& login,
                                                      Duration timeout) = 0;
};

}  // namespace keyturn::sqlserver
