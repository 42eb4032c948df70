// SELECT.
#include <algorithm>

#include "sim/tsql_translator.h"

namespace keyturn::sim {

Translator::Shape Translator::select(const Select& whole, const Scope* outer) {
  const std::size_t common_before = common_tables_.size();
  std::string with;
  for (const CommonTable& table : whole.with) {
    Shape shape = select(*table.select, nullptr);
    for (std::size_t i = 0; i < table.columns.size() && i < shape.columns.size(); ++i)
      shape.columns[i].name = table.columns[i];
    const std::string name = next_alias();
    with += (with.empty() ? "WITH " : ", ") + name + "(";
    for (const ResultColumn& column : shape.columns) {
      with += (&column == shape.columns.data() ? "" : ",") + quote_identifier(fold_name(column.name));
    }
    with += ") AS (" + shape.sql + ")";
    common_tables_.push_front({table.name, name, shape.columns});
  }
  Shape result;
  Scope scope;
  for (std::size_t i = 0; i < whole.cores.size(); ++i) {
    scope = Scope{};
    Shape part = core(whole.cores[i], whole, outer, scope);
    if (i == 0) {
      result = std::move(part);
      continue;
    }
    if (part.columns.size() != result.columns.size()) {
      fail({205,
            16,
            1,
            "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
            "expressions in their target lists.",
            {},
            0});
    }
    for (std::size_t c = 0; c < part.columns.size(); ++c) {
      result.columns[c].type = common_type(result.columns[c].type, part.columns[c].type);
    }
    result.sql += " " + whole.set_operators[i - 1] + " " + part.sql;
  }
  result.sql =
      with + (with.empty() ? "" : " ") + result.sql + order_by(whole, scope, result.columns) + limit(whole);
  common_tables_.erase(common_tables_.begin(),
                       common_tables_.end() - static_cast<std::ptrdiff_t>(common_before));
  return result;
}

Translator::Shape Translator::core(const SelectCore& core, const Select& whole, const Scope* outer,
                                   Scope& scope) {
  scope.outer = outer;
  Shape shape;
  // FROM comes first: it says what the columns are. Numbered parameters make the order of translation free.
  const std::string source = core.from ? " FROM " + from(*core.from, scope) : "";
  shape.sql = std::string("SELECT ") + (core.distinct ? "DISTINCT " : "") +
              items(core, scope, shape.columns) + source;
  if (core.where) shape.sql += " WHERE " + predicate(*core.where, scope);
  for (const ExprPtr& expr : core.group_by) {
    const Fragment key = value(*expr, scope);
    shape.sql += (expr == core.group_by.front() ? " GROUP BY " : ", ") + key.sql +
                 (is_text(key.type.kind) ? " COLLATE tsql" : "");
  }
  if (core.having) shape.sql += " HAVING " + predicate(*core.having, scope);
  if (core.top && whole.cores.size() > 1) {
    shape.sql = "SELECT * FROM (" + shape.sql + " LIMIT " + value(*core.top, Scope{}).sql + ")";
  }
  return shape;
}

std::string Translator::items(const SelectCore& core, const Scope& scope,
                              std::vector<ResultColumn>& columns) {
  std::string sql;
  const auto add = [&](const Fragment& fragment, const std::string& name) {
    const std::string collation = core.distinct && is_text(fragment.type.kind) ? " COLLATE tsql" : "";
    sql += (sql.empty() ? "" : ",") + fragment.sql + collation + " AS " +
           quote_identifier(name.empty() ? "c" + std::to_string(columns.size()) : fold_name(name));
    columns.push_back({name, fragment.type});
  };
  for (const SelectItem& item : core.items) {
    if (item.expr->kind != ExprKind::star) {
      const bool plain = item.alias.empty() && item.expr->kind == ExprKind::column;
      add(value(*item.expr, scope), plain ? item.expr->name : item.alias);
      continue;
    }
    bool any = false;
    for (const ScopeTable& table : scope.tables) {
      if (!item.expr->qualifier.empty() && !same_name(item.expr->qualifier, table.alias)) continue;
      any = true;
      for (const ResultColumn& column : table.columns) {
        add({table.sql_alias + "." + quote_identifier(fold_name(column.name)), column.type}, column.name);
        columns.back().nullable = column.nullable;
      }
    }
    if (!any) fail({263, 16, 1, "Must specify table to select from.", {}, 0});
  }
  return sql;
}

std::string Translator::from(const TableSource& source, Scope& scope) {
  if (source.kind == TableSource::Kind::object) return object(source, scope);
  if (source.kind == TableSource::Kind::derived) {
    Shape shape = select(*source.derived, scope.outer);
    const std::string alias = next_alias();
    std::string renamed;
    for (std::size_t i = 0; i < shape.columns.size(); ++i) {
      if (i < source.column_aliases.size()) shape.columns[i].name = source.column_aliases[i];
      if (shape.columns[i].name.empty()) {
        fail({8155,
              16,
              2,
              "No column name was specified for column " + std::to_string(i + 1) + " of '" + source.alias +
                  "'.",
              {},
              0});
      }
      renamed += (i == 0 ? "" : ",") + quote_identifier(fold_name(shape.columns[i].name));
    }
    scope.tables.push_back({source.alias, alias, shape.columns});
    // A table expression of its own gives the columns their names.
    const std::string inner = next_alias();
    return "(WITH " + inner + "(" + renamed + ") AS (" + shape.sql + ") SELECT * FROM " + inner + ") AS " +
           alias;
  }
  const std::string left = from(*source.left, scope);
  const std::string right = from(*source.right, scope);
  const std::string on = source.on ? " ON " + predicate(*source.on, scope) : "";
  return left + " " + source.join + " JOIN " + right + on;
}

std::string Translator::object(const TableSource& source, Scope& scope) {
  const std::string alias = source.alias.empty() ? source.object.parts.back() : source.alias;
  const std::string sql_alias = next_alias();
  if (source.object.parts.size() == 1) {
    for (const ScopeTable& common : common_tables_) {
      if (!same_name(common.alias, source.object.parts[0])) continue;
      scope.tables.push_back({alias, sql_alias, common.columns});
      return common.sql_alias + " AS " + sql_alias;
    }
  }
  const CatalogView* view = find_catalog_view(source.object, session_.database);
  if (view == nullptr) {
    SqlError error = errors::invalid_object(source.object.text());
    error.line = source.line;
    fail(error);
  }
  views_.insert(view);
  scope.tables.push_back({alias, sql_alias, view->columns});
  return quote_identifier(view->name) + " AS " + sql_alias;
}

std::string Translator::order_by(const Select& whole, const Scope& scope,
                                 const std::vector<ResultColumn>& columns) {
  std::string sql;
  for (const OrderItem& item : whole.order_by) {
    Fragment key;
    const Expr& expr = *item.expr;
    if (expr.kind == ExprKind::literal && expr.type.kind == SqlKind::integer && !is_null(expr.value)) {
      const std::int64_t position = as_integer(expr.value);
      if (position < 1 || position > static_cast<std::int64_t>(columns.size())) {
        fail({108,
              16,
              1,
              "The ORDER BY position number " + std::to_string(position) +
                  " is out of range of the number of items in the select list.",
              {},
              0});
      }
      key = {std::to_string(position), columns[static_cast<std::size_t>(position - 1)].type};
    } else {
      const auto output = std::find_if(columns.begin(), columns.end(), [&](const ResultColumn& column) {
        return expr.kind == ExprKind::column && expr.qualifier.empty() && same_name(column.name, expr.name);
      });
      key = output == columns.end() ? value(expr, scope)
                                    : Fragment{std::to_string(output - columns.begin() + 1), output->type};
    }
    sql += (sql.empty() ? " ORDER BY " : ", ") + key.sql + (is_text(key.type.kind) ? " COLLATE tsql" : "") +
           (item.descending ? " DESC" : "");
  }
  return sql;
}

std::string Translator::limit(const Select& whole) {
  if (whole.offset) {
    const std::string rows = whole.fetch ? value(*whole.fetch, Scope{}).sql : "-1";
    return " LIMIT " + rows + " OFFSET " + value(*whole.offset, Scope{}).sql;
  }
  if (whole.cores.size() == 1 && whole.cores[0].top)
    return " LIMIT " + value(*whole.cores[0].top, Scope{}).sql;
  return {};
}

}  // namespace keyturn::sim
