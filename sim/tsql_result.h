// What a batch gives back, as it goes.
#pragma once

#include <optional>
#include <vector>

#include "sim/sql_catalog.h"
#include "sim/sql_type.h"

namespace keyturn::sim {

enum class TransactionEvent { begun, committed, rolled_back };

class ResultSink {
 public:
  virtual ~ResultSink() = default;
  virtual void columns(const std::vector<ResultColumn>& columns) = 0;  // a result set begins
  virtual void row(const Row& row) = 0;
  // A statement has ended; `rows` where it counts some.
  virtual void done(bool error, std::optional<std::int64_t> rows) = 0;
  virtual void message(const SqlError& message) = 0;  // severity up to 10: information
  virtual void database_changed(const std::string& from, const std::string& to) = 0;
  virtual void transaction(TransactionEvent event) = 0;
};

}  // namespace keyturn::sim
