// Runs translated queries in an in-memory SQLite database, one for each session.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "sim/tsql_translate.h"

namespace keyturn::sim {

// Not thread-safe: belongs to one session.
class Evaluator {
 public:
  explicit Evaluator(SessionState& session);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // Fills the views it names, then gives each row to `on_row`, converted to the types of its columns. Errors
  // that come after some rows (8134, 245 …) end it there; so does the session's stop.
  std::optional<SqlError> run(const Translation& query, const std::function<void(const Row&)>& on_row);

 private:
  struct Database;
  std::optional<SqlError> fill(const CatalogView& view);

  SessionState& session_;
  std::unique_ptr<Database> database_;
};

}  // namespace keyturn::sim
