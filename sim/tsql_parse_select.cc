// SELECT.
#include <algorithm>

#include "sim/tsql_parse_expression.h"

namespace keyturn::sim {

std::string ObjectName::text() const {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : ".") + part;
  return joined;
}

SelectPtr ExpressionParser::select() {
  const Nesting nesting(*this);
  auto result = std::make_shared<Select>();
  if (accept_word("WITH")) {
    do {
      CommonTable table;
      table.name = take_name();
      if (is_symbol("(")) table.columns = column_names();
      expect_word("AS");
      expect_symbol("(");
      table.select = select();
      expect_symbol(")");
      result->with.push_back(std::move(table));
    } while (accept_symbol(","));
  }
  result->cores.push_back(select_core());
  for (std::string op = set_operator(); !op.empty(); op = set_operator()) {
    result->set_operators.push_back(op);
    result->cores.push_back(select_core());
  }
  if (accept_word("ORDER")) {
    expect_word("BY");
    do {
      OrderItem item{expression(), false};
      item.descending = accept_word("DESC");
      if (!item.descending) accept_word("ASC");
      result->order_by.push_back(std::move(item));
    } while (accept_symbol(","));
    if (accept_word("OFFSET")) {
      result->offset = expression();
      if (!accept_word("ROWS")) expect_word("ROW");
      if (accept_word("FETCH")) {
        if (!accept_word("NEXT")) expect_word("FIRST");
        result->fetch = expression();
        if (!accept_word("ROWS")) expect_word("ROW");
        expect_word("ONLY");
      }
    }
  }
  if (accept_word("OPTION")) {  // query hints change nothing here
    expect_symbol("(");
    for (int open = 1; open > 0;) {
      if (at_end()) fail_here();
      if (is_symbol("(")) ++open;
      if (is_symbol(")")) --open;
      take();
    }
  }
  return result;
}

std::string ExpressionParser::set_operator() {
  if (accept_word("UNION")) return accept_word("ALL") ? "UNION ALL" : "UNION";
  if (accept_word("EXCEPT")) return "EXCEPT";
  if (accept_word("INTERSECT")) return "INTERSECT";
  return {};
}

SelectCore ExpressionParser::select_core() {
  SelectCore core;
  expect_word("SELECT");
  core.distinct = accept_word("DISTINCT");
  if (!core.distinct) accept_word("ALL");
  if (accept_word("TOP")) {
    const bool parenthesis = accept_symbol("(");
    if (!parenthesis && peek().kind != TokenKind::number) fail_here();
    core.top = expression();
    if (parenthesis) expect_symbol(")");
  }
  do core.items.push_back(select_item());
  while (accept_symbol(","));
  const bool assigns = !core.items[0].assigns.empty();
  for (const SelectItem& item : core.items) {
    if (item.assigns.empty() == assigns) {
      fail({141,
            15,
            1,
            "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval "
            "operations.",
            {},
            0});
    }
  }
  if (accept_word("FROM")) core.from = table_sources();
  if (accept_word("WHERE")) core.where = condition();
  if (accept_word("GROUP")) {
    expect_word("BY");
    do core.group_by.push_back(expression());
    while (accept_symbol(","));
  }
  if (accept_word("HAVING")) core.having = condition();
  return core;
}

SelectItem ExpressionParser::select_item() {
  SelectItem item;
  if (peek().kind == TokenKind::variable && is_symbol("=", 1)) {
    item.assigns = take_variable();
    take();
    item.expr = expression();
    return item;
  }
  if (is_name() && is_symbol("=", 1)) {  // alias = expression
    item.alias = take_name();
    take();
    item.expr = expression();
    return item;
  }
  item.expr = expression();
  if (accept_word("AS")) {
    item.alias = peek().kind == TokenKind::string ? take().text : take_name();
  } else if (peek().kind == TokenKind::string || peek().kind == TokenKind::quoted_name || is_name()) {
    item.alias = take().text;
  }
  return item;
}

TableSourcePtr ExpressionParser::table_sources() {
  TableSourcePtr left = joined(table_source());
  while (accept_symbol(",")) {
    auto cross = std::make_shared<TableSource>();
    cross->kind = TableSource::Kind::join;
    cross->join = "CROSS";
    cross->left = left;
    cross->right = joined(table_source());
    left = cross;
  }
  return left;
}

TableSourcePtr ExpressionParser::table_source() {
  const Nesting nesting(*this);
  auto source = std::make_shared<TableSource>();
  source->line = line();
  if (accept_symbol("(")) {
    if (!is_word("SELECT") && !is_word("WITH")) {
      TableSourcePtr inner = table_sources();
      expect_symbol(")");
      return inner;
    }
    source->kind = TableSource::Kind::derived;
    source->derived = select();
    expect_symbol(")");
    alias(*source);
    if (source->alias.empty()) fail_here();
    return source;
  }
  source->object = object_name();
  alias(*source);
  if (is_word("WITH") && is_symbol("(", 1)) {  // (NOLOCK): reads here wait for nobody else
    take();
    column_names();
  }
  return source;
}

void ExpressionParser::alias(TableSource& source) {
  if (accept_word("AS")) {
    source.alias = take_name();
  } else if (is_name() && !is_word("OFFSET")) {
    source.alias = take_name();
  }
  if (source.kind == TableSource::Kind::derived && is_symbol("(")) source.column_aliases = column_names();
}

std::vector<std::string> ExpressionParser::column_names() {
  std::vector<std::string> names;
  expect_symbol("(");
  do names.push_back(take_name());
  while (accept_symbol(","));
  expect_symbol(")");
  return names;
}

TableSourcePtr ExpressionParser::joined(TableSourcePtr left) {
  while (true) {
    std::string kind;
    for (const char* word : {"INNER", "LEFT", "RIGHT", "FULL", "CROSS"})
      if (is_word(word)) kind = word;
    if (kind.empty() && !is_word("JOIN")) return left;
    if (!kind.empty()) take();
    if (kind == "LEFT" || kind == "RIGHT" || kind == "FULL") accept_word("OUTER");
    expect_word("JOIN");
    auto join = std::make_shared<TableSource>();
    join->kind = TableSource::Kind::join;
    join->join = kind.empty() ? "INNER" : kind;
    join->left = left;
    join->right = table_source();
    if (join->join != "CROSS") {
      expect_word("ON");
      join->on = condition();
    }
    left = join;
  }
}

}  // namespace keyturn::sim
