#include <algorithm>
#include <optional>

#include "sim/tsql_functions.h"
#include "sim/tsql_translator.h"

namespace keyturn::sim {

std::string quote_identifier(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

std::int64_t encode_type(const SqlType& type) {
  return static_cast<std::int64_t>(type.kind) | (std::int64_t{type.precision} << 8) |
         (std::int64_t{type.scale} << 16) | (std::int64_t{type.length + 1} << 24);
}
SqlType decode_type(std::int64_t code) {
  return {static_cast<SqlKind>(code & 0xFF), static_cast<int>(code >> 24) - 1,
          static_cast<std::uint8_t>(code >> 8), static_cast<std::uint8_t>(code >> 16)};
}

SqlResult<Translation> translate(const Select& select, const SessionState& session,
                                 const Variables& variables) {
  try {
    return Translator(session, variables).query(select);
  } catch (const TranslateFailure& failure) {
    return raise(failure.error);
  }
}
SqlResult<Translation> translate(const Expr& expr, const SessionState& session, const Variables& variables) {
  try {
    return Translator(session, variables).scalar(expr);
  } catch (const TranslateFailure& failure) {
    return raise(failure.error);
  }
}

Translation Translator::query(const Select& whole) {
  Shape shape = select(whole, nullptr);
  return {std::move(shape.sql), std::move(bindings_), std::move(shape.columns), std::move(views_)};
}

Translation Translator::scalar(const Expr& expr) {
  const Scope scope;
  Fragment fragment = expr.is_predicate() ? Fragment{predicate(expr, scope), bit()} : value(expr, scope);
  return {"SELECT " + fragment.sql, std::move(bindings_), {{"", fragment.type}}, std::move(views_)};
}

std::string Translator::bind(Value value) {
  bindings_.push_back(std::move(value));
  return "?" + std::to_string(bindings_.size());
}

Fragment Translator::value(const Expr& expr, const Scope& scope) {
  switch (expr.kind) {
    case ExprKind::literal:
      return {bind(expr.value), expr.type, is_null(expr.value)};
    case ExprKind::variable:
    case ExprKind::global:
      return variable(expr);
    case ExprKind::column:
      return column(expr, scope);
    case ExprKind::negate: {
      Fragment inner = value(*expr.args[0], scope);
      if (is_text(inner.type.kind)) inner = cast_to(inner, integer());
      return {"(-" + inner.sql + ")", inner.type};
    }
    case ExprKind::arithmetic:
      return arithmetic(expr, scope);
    case ExprKind::function:
      return function(expr, scope);
    case ExprKind::case_of:
      return case_of(expr, scope);
    case ExprKind::subquery:
      return subquery(expr, scope);
    default:
      break;
  }
  fail(errors::syntax_near("*"));
}

Fragment Translator::variable(const Expr& expr) {
  if (expr.kind == ExprKind::global) {
    const auto found = global_variable(session_, expr.name);
    if (!found) fail(errors::undeclared_variable(expr.name));
    return {bind(found->value), found->type};
  }
  const auto it = variables_.find(expr.name);
  if (it == variables_.end()) fail(errors::undeclared_variable(expr.name));
  return {bind(it->second.value), it->second.type};
}

Fragment Translator::column(const Expr& expr, const Scope& scope) {
  for (const Scope* level = &scope; level != nullptr; level = level->outer) {
    std::vector<Fragment> found;
    for (const ScopeTable& table : level->tables) {
      if (!expr.qualifier.empty() && !same_name(table.alias, expr.qualifier)) continue;
      for (const ResultColumn& candidate : table.columns) {
        if (!same_name(candidate.name, expr.name)) continue;
        found.push_back(
            {table.sql_alias + "." + quote_identifier(fold_name(candidate.name)), candidate.type});
      }
    }
    if (found.size() > 1) fail(errors::ambiguous_column(expr.name));
    if (found.size() == 1) return found[0];
  }
  fail(errors::invalid_column(expr.name));
}

Fragment Translator::cast_to(const Fragment& fragment, const SqlType& type, int style) {
  if (fragment.type == type && style == 0) return fragment;
  return {"tsql_cast(" + fragment.sql + "," + std::to_string(encode_type(fragment.type)) + "," +
              std::to_string(encode_type(type)) + "," + std::to_string(style) + ",0)",
          type};
}

namespace {

SqlType arithmetic_type(const SqlType& a, const SqlType& b, char op) {
  SqlType type = common_type(a, b);
  if (type.kind == SqlKind::bit) type = integer();
  if (type.kind != SqlKind::decimal) return type;
  const int left = a.kind == SqlKind::decimal ? a.scale : 0;
  const int right = b.kind == SqlKind::decimal ? b.scale : 0;
  type.precision = 38;
  type.scale = static_cast<std::uint8_t>(op == '*'   ? std::min(left + right, 12)
                                         : op == '/' ? std::max(6, left)
                                                     : std::max(left, right));
  return type;
}

}  // namespace

Fragment Translator::arithmetic(const Expr& expr, const Scope& scope) {
  Fragment left = value(*expr.args[0], scope);
  Fragment right = value(*expr.args[1], scope);
  if (left.untyped) left.type = right.type;
  if (right.untyped) right.type = left.type;
  const bool both_text = is_text(left.type.kind) && is_text(right.type.kind);
  if (expr.name == "+" && both_text) {
    SqlType type = common_type(left.type, right.type);
    const bool large = left.type.length == SqlType::kMax || right.type.length == SqlType::kMax;
    type.kind = type.kind == SqlKind::char_   ? SqlKind::varchar
                : type.kind == SqlKind::nchar ? SqlKind::nvarchar
                                              : type.kind;
    type.length =
        large ? SqlType::kMax
              : std::min(left.type.length + right.type.length, type.kind == SqlKind::nvarchar ? 4000 : 8000);
    return {"(" + left.sql + "||" + right.sql + ")", type};
  }
  if (both_text) {
    fail({402,
          16,
          1,
          "The data types " + type_name(left.type) + " and " + type_name(right.type) +
              " are incompatible in the " +
              (expr.name == "-"   ? "subtract"
               : expr.name == "*" ? "multiply"
               : expr.name == "/" ? "divide"
                                  : "modulo") +
              " operator.",
          {},
          0});
  }
  if (is_date(left.type.kind) != is_date(right.type.kind)) {  // a date and a number of days
    Fragment& date = is_date(left.type.kind) ? left : right;
    Fragment& days = is_date(left.type.kind) ? right : left;
    if (date.type.kind != SqlKind::datetime && date.type.kind != SqlKind::smalldatetime) {
      fail({206,
            16,
            2,
            "Operand type clash: " + type_name(date.type) + " is incompatible with " + type_name(days.type),
            {},
            0});
    }
    days = cast_to(days, type_of(SqlKind::float_));
    return {"(" + date.sql + expr.name + "CAST(" + days.sql + "*" + std::to_string(kTicksPerDay) +
                " AS INTEGER))",
            date.type};
  }
  if (is_text(left.type.kind)) left = cast_to(left, right.type);
  if (is_text(right.type.kind)) right = cast_to(right, left.type);
  const SqlType type = arithmetic_type(left.type, right.type, expr.name[0]);
  if (expr.name == "/" || expr.name == "%") {
    return {std::string(expr.name == "/" ? "tsql_div(" : "tsql_mod(") + left.sql + "," + right.sql + ")",
            type};
  }
  if (expr.name == "^")
    return {"((" + left.sql + "|" + right.sql + ")-(" + left.sql + "&" + right.sql + "))", type};
  const std::string sum = "(" + left.sql + expr.name + right.sql + ")";
  return is_integer(type.kind)
             ? Fragment{"tsql_fit(" + sum + "," + std::to_string(encode_type(type)) + ")", type}
             : Fragment{sum, type};
}

SqlType Translator::unify(std::vector<Fragment>& fragments) {
  std::optional<SqlType> type;
  for (const Fragment& fragment : fragments) {
    if (fragment.untyped) continue;
    type = type ? common_type(*type, fragment.type) : fragment.type;
  }
  if (!type) return integer();
  for (Fragment& fragment : fragments)
    if (!fragment.untyped && fragment.type.kind != type->kind) fragment = cast_to(fragment, *type);
  return *type;
}

Fragment Translator::case_of(const Expr& expr, const Scope& scope) {
  std::vector<std::string> tests;
  std::vector<Fragment> results;
  std::size_t i = expr.has_operand ? 1 : 0;
  const std::size_t end = expr.args.size() - (expr.has_else ? 1 : 0);
  for (; i < end; i += 2) {
    tests.push_back(expr.has_operand ? compare("=", value(*expr.args[0], scope), value(*expr.args[i], scope))
                                     : predicate(*expr.args[i], scope));
    results.push_back(value(*expr.args[i + 1], scope));
  }
  if (expr.has_else) results.push_back(value(*expr.args.back(), scope));
  const SqlType type = unify(results);
  std::string sql = "CASE";
  for (std::size_t n = 0; n < tests.size(); ++n) sql += " WHEN " + tests[n] + " THEN " + results[n].sql;
  if (expr.has_else) sql += " ELSE " + results.back().sql;
  return {"(" + sql + " END)", type};
}

Fragment Translator::subquery(const Expr& expr, const Scope& scope) {
  const Shape shape = select(*expr.select, &scope);
  if (shape.columns.size() != 1) {
    fail({116,
          16,
          1,
          "Only one expression can be specified in the select list when the subquery is not introduced with "
          "EXISTS.",
          {},
          0});
  }
  return {"(" + shape.sql + ")", shape.columns[0].type};
}

std::string Translator::compare(const std::string& op, Fragment left, Fragment right) {
  if (left.untyped) left.type = right.type;
  if (right.untyped) right.type = left.type;
  const SqlType type = common_type(left.type, right.type);
  if (is_text(type.kind)) return "(" + left.sql + op + right.sql + " COLLATE tsql)";
  // Only what differs in representation is converted: text to number or date, numbers to dates.
  const auto convert_side = [&](Fragment& side) {
    const bool other_family = is_text(side.type.kind) || is_date(side.type.kind) != is_date(type.kind);
    if (other_family) side = cast_to(side, type);
  };
  convert_side(left);
  convert_side(right);
  return "(" + left.sql + op + right.sql + ")";
}

std::string Translator::in_list(const Expr& expr, const Scope& scope) {
  const Fragment left = value(*expr.args[0], scope);
  std::string sql;
  if (expr.select) {
    const Shape shape = select(*expr.select, &scope);
    if (shape.columns.size() != 1) fail(errors::syntax_near(")"));
    const bool text = is_text(left.type.kind);
    sql = "(" + left.sql + (text ? " COLLATE tsql" : "") + " IN (" + shape.sql + "))";
  } else {
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
      sql += (i == 1 ? "(" : " OR ") + compare("=", left, value(*expr.args[i], scope));
    }
    sql += ")";
  }
  return expr.negated ? "(NOT " + sql + ")" : sql;
}

std::string Translator::predicate(const Expr& expr, const Scope& scope) {
  const std::string negation = expr.negated ? "NOT " : "";
  switch (expr.kind) {
    case ExprKind::compare:
      return compare(expr.name, value(*expr.args[0], scope), value(*expr.args[1], scope));
    case ExprKind::logical:
      return "(" + predicate(*expr.args[0], scope) + " " + expr.name + " " + predicate(*expr.args[1], scope) +
             ")";
    case ExprKind::not_of:
      return "(NOT " + predicate(*expr.args[0], scope) + ")";
    case ExprKind::like: {
      std::string sql = "tsql_like(";
      for (const ExprPtr& arg : expr.args) {
        if (arg != expr.args[0]) sql += ",";
        const Fragment text = value(*arg, scope);
        sql += is_text(text.type.kind) ? text.sql : cast_to(text, nvarchar(4000)).sql;
      }
      return "(" + negation + sql + "))";
    }
    case ExprKind::between: {
      const Fragment subject = value(*expr.args[0], scope);
      return "(" + negation + "(" + compare(">=", subject, value(*expr.args[1], scope)) + " AND " +
             compare("<=", subject, value(*expr.args[2], scope)) + "))";
    }
    case ExprKind::in_list:
      return in_list(expr, scope);
    case ExprKind::is_null:
      return "(" + value(*expr.args[0], scope).sql + (expr.negated ? " IS NOT NULL)" : " IS NULL)");
    case ExprKind::exists:
      return "EXISTS (" + select(*expr.select, &scope).sql + ")";
    default:
      break;
  }
  fail(errors::syntax_near("="));
}

}  // namespace keyturn::sim
