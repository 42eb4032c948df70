// T-SQL expressions and SELECTs into SQLite's SQL. Types are worked out here, so that '+' concatenates or
// adds, text is compared without case, and a result's columns have SQL Server's types; SQLite only evaluates.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/sql_catalog.h"
#include "sim/tsql_ast.h"

namespace keyturn::sim {

struct Translation {
  std::string sql;  // with ?1, ?2 …
  std::vector<Value> bindings;
  std::vector<ResultColumn> columns;
  std::set<const CatalogView*> views;  // to be filled before it runs; a view is a table of its name
};

using Variables = std::map<std::string, TypedValue>;  // by folded name

// `session` gives global variables and names; nothing runs. Errors: 195, 207, 208, 209, 402, 8120 ….
SqlResult<Translation> translate(const Select& select, const SessionState& session,
                                 const Variables& variables);
// A one-row, one-column query with the value of `expr`; of a predicate: 1, 0 or NULL.
SqlResult<Translation> translate(const Expr& expr, const SessionState& session, const Variables& variables);

// SQLite functions get types as numbers.
std::int64_t encode_type(const SqlType& type);
SqlType decode_type(std::int64_t code);

}  // namespace keyturn::sim
