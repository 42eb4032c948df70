// The inside of sim/tsql_translate.h.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "sim/tsql_translate.h"

namespace keyturn::sim {

// Thrown and caught inside the translator only.
struct TranslateFailure {
  SqlError error;
};

// A piece of SQLite's SQL and the T-SQL type of what it gives.
struct Fragment {
  std::string sql;
  SqlType type;
  bool untyped = false;  // a bare NULL: takes the type of what it meets
};

struct ScopeTable {
  std::string alias;      // as T-SQL calls it
  std::string sql_alias;  // unique in the statement
  std::vector<ResultColumn> columns;
};
struct Scope {
  std::vector<ScopeTable> tables;
  const Scope* outer = nullptr;
};

class Translator {
 public:
  Translator(const SessionState& session, const Variables& variables)
      : session_(session), variables_(variables) {}

  Translation query(const Select& select);
  Translation scalar(const Expr& expr);

 private:
  // Expressions (tsql_translate_expression.cc)
  Fragment value(const Expr& expr, const Scope& scope);
  std::string predicate(const Expr& expr, const Scope& scope);
  Fragment variable(const Expr& expr);
  Fragment column(const Expr& expr, const Scope& scope);
  Fragment arithmetic(const Expr& expr, const Scope& scope);
  Fragment case_of(const Expr& expr, const Scope& scope);
  Fragment subquery(const Expr& expr, const Scope& scope);
  std::string compare(const std::string& op, Fragment left, Fragment right);
  std::string in_list(const Expr& expr, const Scope& scope);
  Fragment cast_to(const Fragment& fragment, const SqlType& type, int style = 0);
  // The type that all of them share; converts those of another kind.
  SqlType unify(std::vector<Fragment>& fragments);
  std::string bind(Value value);

  // Functions (tsql_translate_function.cc)
  Fragment function(const Expr& expr, const Scope& scope);
  Fragment conversion(const Expr& expr, const Scope& scope);
  bool special_function(const Expr& expr, const Scope& scope, Fragment& out);
  bool aggregate(const Expr& expr, const Scope& scope, Fragment& out);
  Fragment registered(const Expr& expr, const Scope& scope);
  Fragment argument(const Expr& expr, char letter, const Scope& scope);

  // SELECT (tsql_translate_select.cc)
  struct Shape {
    std::string sql;
    std::vector<ResultColumn> columns;
  };
  Shape select(const Select& select, const Scope* outer);
  Shape core(const SelectCore& core, const Select& whole, const Scope* outer, Scope& scope);
  std::string items(const SelectCore& core, const Scope& scope, std::vector<ResultColumn>& columns);
  std::string from(const TableSource& source, Scope& scope);
  std::string object(const TableSource& source, Scope& scope);
  std::string order_by(const Select& select, const Scope& scope, const std::vector<ResultColumn>& columns);
  std::string limit(const Select& select);
  std::string next_alias() { return "t" + std::to_string(++aliases_); }

  [[noreturn]] static void fail(SqlError error) { throw TranslateFailure{std::move(error)}; }

  const SessionState& session_;
  const Variables& variables_;
  std::vector<Value> bindings_;
  std::set<const CatalogView*> views_;
  std::deque<ScopeTable> common_tables_;  // WITH; the newest first
  int aliases_ = 0;
  int depth_ = 0;
};

std::string quote_identifier(const std::string& name);

}  // namespace keyturn::sim
