// Function calls: those whose meaning is in their form (CAST, IIF, DATEADD …), aggregates, and the registered
// rest.
#include <algorithm>

#include "sim/tsql_functions.h"
#include "sim/tsql_translator.h"

namespace keyturn::sim {
namespace {

bool named(const Expr& expr, std::string_view name) { return same_name(expr.name, name); }

SqlError argument_count(const std::string& name, std::size_t count) {
  return {174, 15,
          1,   "The " + fold_name(name) + " function requires " + std::to_string(count) + " argument(s).",
          {},  0};
}

}  // namespace

Fragment Translator::function(const Expr& expr, const Scope& scope) {
  Fragment out;
  if (named(expr, "CAST") || named(expr, "CONVERT") || named(expr, "TRY_CAST") ||
      named(expr, "TRY_CONVERT")) {
    return conversion(expr, scope);
  }
  if (special_function(expr, scope, out) || aggregate(expr, scope, out)) return out;
  return registered(expr, scope);
}

Fragment Translator::conversion(const Expr& expr, const Scope& scope) {
  const Fragment source = value(*expr.args[0], scope);
  const bool attempt = named(expr, "TRY_CAST") || named(expr, "TRY_CONVERT");
  const std::string style = expr.args.size() > 1 ? value(*expr.args[1], scope).sql : "0";
  return {"tsql_cast(" + source.sql + "," + std::to_string(encode_type(source.type)) + "," +
              std::to_string(encode_type(expr.type)) + "," + style + "," + (attempt ? "1)" : "0)"),
          expr.type};
}

bool Translator::special_function(const Expr& expr, const Scope& scope, Fragment& out) {
  const auto need = [&](std::size_t count) {
    if (expr.args.size() != count) fail(argument_count(expr.name, count));
  };
  if (named(expr, "IIF")) {
    need(3);
    const std::string test = predicate(*expr.args[0], scope);
    std::vector<Fragment> sides{value(*expr.args[1], scope), value(*expr.args[2], scope)};
    const SqlType type = unify(sides);
    out = {"(CASE WHEN " + test + " THEN " + sides[0].sql + " ELSE " + sides[1].sql + " END)", type};
    return true;
  }
  if (named(expr, "ISNULL")) {  // the first argument's type, unlike COALESCE
    need(2);
    const Fragment first = value(*expr.args[0], scope);
    const Fragment second = value(*expr.args[1], scope);
    const SqlType type = first.untyped ? second.type : first.type;
    out = {"coalesce(" + first.sql + "," + cast_to(second, type).sql + ")", type};
    return true;
  }
  if (named(expr, "COALESCE")) {
    if (expr.args.empty()) fail(argument_count(expr.name, 1));
    std::vector<Fragment> all;
    for (const ExprPtr& arg : expr.args) all.push_back(value(*arg, scope));
    const SqlType type = unify(all);
    std::string sql = "coalesce(NULL";
    for (const Fragment& fragment : all) sql += "," + fragment.sql;
    out = {sql + ")", type};
    return true;
  }
  if (named(expr, "NULLIF")) {
    need(2);
    const Fragment first = value(*expr.args[0], scope);
    out = {"(CASE WHEN " + compare("=", first, value(*expr.args[1], scope)) + " THEN NULL ELSE " + first.sql +
               " END)",
           first.type};
    return true;
  }
  return false;
}

bool Translator::aggregate(const Expr& expr, const Scope& scope, Fragment& out) {
  const bool count = named(expr, "COUNT") || named(expr, "COUNT_BIG");
  if (count) {
    if (expr.args.size() != 1) fail(argument_count(expr.name, 1));
    const bool star = expr.args[0]->kind == ExprKind::star;
    const std::string inner =
        star ? "*" : (expr.distinct ? "DISTINCT " : "") + value(*expr.args[0], scope).sql;
    out = {"count(" + inner + ")", named(expr, "COUNT") ? integer() : bigint()};
    return true;
  }
  for (const char* name : {"MIN", "MAX", "SUM", "AVG"}) {
    if (!named(expr, name)) continue;
    if (expr.args.size() != 1) fail(argument_count(expr.name, 1));
    const Fragment inner = value(*expr.args[0], scope);
    const std::string collation = is_text(inner.type.kind) ? " COLLATE tsql" : "";
    const std::string call =
        fold_name(name) + "(" + (expr.distinct ? "DISTINCT " : "") + inner.sql + collation + ")";
    const bool whole_average = named(expr, "AVG") && is_integer(inner.type.kind);
    out = {whole_average ? "CAST(" + call + " AS INTEGER)" : call, inner.type};
    return true;
  }
  if (named(expr, "STRING_AGG")) {
    if (expr.args.size() != 2) fail(argument_count(expr.name, 2));
    out = {"group_concat(" + argument(*expr.args[0], 's', scope).sql + "," +
               argument(*expr.args[1], 's', scope).sql + ")",
           nvarchar(4000)};
    return true;
  }
  return false;
}

Fragment Translator::argument(const Expr& expr, char letter, const Scope& scope) {
  Fragment fragment = value(expr, scope);
  const SqlKind kind = fragment.type.kind;
  if (letter == 's' && !is_text(kind)) return cast_to(fragment, nvarchar(4000));
  if (letter == 'i' && !is_integer(kind)) return cast_to(fragment, bigint());
  if (letter == 'n' && !is_number(kind)) return cast_to(fragment, type_of(SqlKind::float_));
  if (letter == 'd' && !is_date(kind)) return cast_to(fragment, datetime());
  return fragment;
}

Fragment Translator::registered(const Expr& expr, const Scope& scope) {
  const int index = find_function(expr.name);
  if (index < 0) fail(errors::unknown_function(expr.name));
  const FunctionSpec& spec = function_at(index);
  std::string letters;
  std::size_t required = 0;
  bool optional = false;
  bool repeats = false;
  for (const char c : std::string_view(spec.params)) {
    if (c == '?')
      optional = true;
    else if (c == '*')
      repeats = true;
    else
      letters += c, required += optional ? 0 : 1;
  }
  const std::size_t count = expr.args.size();
  if (count < required || (count > letters.size() && !repeats))
    fail(argument_count(expr.name, letters.size()));
  const bool takes_part = std::string_view(spec.name).starts_with("DATE") && letters.size() >= 2;
  std::string sql = "tsql_call(" + std::to_string(index);
  std::vector<SqlType> types;
  for (std::size_t i = 0; i < count; ++i) {
    if (i == 0 && takes_part) {
      const auto part = parse_date_part(expr.args[0]->name);
      if (!part) {
        fail({155,
              15,
              2,
              "'" + expr.args[0]->name + "' is not a recognized " + fold_name(expr.name) + " option.",
              {},
              0});
      }
      sql += "," + std::to_string(static_cast<int>(*part));
      types.push_back(integer());
      continue;
    }
    const Fragment fragment = argument(*expr.args[i], letters[std::min(i, letters.size() - 1)], scope);
    sql += "," + fragment.sql;
    types.push_back(fragment.type);
  }
  return {sql + ")", spec.result(types)};
}

}  // namespace keyturn::sim
