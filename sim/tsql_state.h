// What one session knows: its login, options, transaction and the error being handled.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sim/sql_server.h"

namespace keyturn::sim {

struct SessionState {
  explicit SessionState(SqlServer& of) : server(of) {}

  SqlServer& server;
  ServerLogin login;
  int id = 0;
  std::string host_name;
  std::string program_name;
  std::string database = "master";

  // The transaction. `working` holds the credentials as this transaction has left them; the write lock is
  // held while it is set.
  int transaction_depth = 0;
  std::string transaction_name;  // folded, of the outermost
  bool doomed = false;
  std::optional<CredentialTable> working;
  std::map<std::string, std::optional<CredentialTable>> savepoints;

  bool xact_abort = false;
  bool no_count = false;
  bool implicit_transactions = false;

  int last_error = 0;            // @@ERROR
  std::int64_t row_count = 0;    // @@ROWCOUNT
  std::vector<SqlError> caught;  // by the CATCH blocks that run now, innermost last
  int nesting = 0;               // @@NESTLEVEL
  std::shared_ptr<const StopFlag> stop = std::make_shared<StopFlag>();  // of the batch under way

  [[nodiscard]] bool stopped() const { return stop->requested(); }
};

// What a client gets when it cancels: not an error of the server's (the number is 0).
inline SqlError cancelled() { return {0, 11, 0, "Operation cancelled by user.", {}, 0}; }

}  // namespace keyturn::sim
