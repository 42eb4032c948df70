#include "sim/tsql_parse_expression.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace keyturn::sim {
namespace {

// Binding strength of infix operators.
constexpr int kOr = 1;
constexpr int kAnd = 2;
constexpr int kCompare = 4;
constexpr int kAdd = 5;
constexpr int kMultiply = 6;

std::shared_ptr<Expr> make(ExprKind kind, int line) {
  auto expr = std::make_shared<Expr>();
  expr->kind = kind;
  expr->line = line;
  return expr;
}

std::shared_ptr<Expr> make_text(const Token& token) {
  auto expr = make(ExprKind::literal, token.line);
  const auto units = static_cast<int>(to_utf16(token.text).size());
  const bool large = units > (token.unicode ? 4000 : 8000);
  expr->type = nvarchar(large ? SqlType::kMax : std::max(units, 1));
  if (!token.unicode) expr->type.kind = SqlKind::varchar;
  expr->value = token.text;
  return expr;
}

}  // namespace

ExprPtr ExpressionParser::expression() {
  const int at = line();
  ExprPtr expr = any(kOr);
  if (expr->is_predicate()) fail(errors::syntax_near("="), at);
  return expr;
}

ExprPtr ExpressionParser::condition() {
  ExprPtr expr = any(kOr);
  if (!expr->is_predicate()) {
    const std::string near = at_end() ? tokens_[pos_ == 0 ? 0 : pos_ - 1].text : peek().text;
    fail({4145,
          15,
          1,
          "An expression of non-boolean type specified in a context where a condition is expected, near '" +
              near + "'.",
          {},
          0});
  }
  return expr;
}

const ExprPtr& ExpressionParser::value_only(const ExprPtr& expr) const {
  if (expr->is_predicate()) fail_here();
  return expr;
}

ExprPtr ExpressionParser::any(int precedence) {
  const Nesting nesting(*this);
  ExprPtr left = prefix();
  int length = 0;
  for (bool found = true; found;) {
    left = infix(left, found, precedence);
    if (++length > kMaxChain) fail_too_deep();
  }
  return left;
}

ExprPtr ExpressionParser::prefix() {
  const int at = line();
  if (accept_word("NOT")) {
    auto expr = make(ExprKind::not_of, at);
    expr->args = {any(kAnd + 1)};
    if (!expr->args[0]->is_predicate()) fail_here();
    return expr;
  }
  if (is_symbol("+") || is_symbol("-")) {
    const Nesting nesting(*this);
    if (accept_symbol("+")) return prefix();
    take();
    auto expr = make(ExprKind::negate, at);
    expr->args = {value_only(prefix())};
    return expr;
  }
  return primary();
}

ExprPtr ExpressionParser::infix(ExprPtr left, bool& found, int precedence) {
  const int at = line();
  found = true;
  const auto binary = [&](ExprKind kind, std::string name, int strength, bool of_predicates) -> ExprPtr {
    auto expr = make(kind, at);
    expr->name = std::move(name);
    ExprPtr right = any(strength + 1);
    if (left->is_predicate() != of_predicates || right->is_predicate() != of_predicates) fail_here();
    expr->args = {left, right};
    return expr;
  };
  if (precedence <= kOr && accept_word("OR")) return binary(ExprKind::logical, "OR", kOr, true);
  if (precedence <= kAnd && accept_word("AND")) return binary(ExprKind::logical, "AND", kAnd, true);
  if (precedence <= kCompare && !left->is_predicate()) {
    for (const char* symbol : {"=", "<>", "!=", "<=", ">=", "<", ">", "!<", "!>"}) {
      if (!accept_symbol(symbol)) continue;
      const std::string_view text = symbol;
      const char* name = text == "!=" ? "<>" : text == "!<" ? ">=" : text == "!>" ? "<=" : symbol;
      return binary(ExprKind::compare, name, kCompare, false);
    }
    const bool negated = is_word("NOT") && (is_word("LIKE", 1) || is_word("IN", 1) || is_word("BETWEEN", 1));
    if (negated || is_word("LIKE") || is_word("IN") || is_word("BETWEEN") || is_word("IS")) {
      if (negated) take();
      return predicate_tail(left, negated);
    }
    if (accept_word("COLLATE")) {  // one collation serves all
      take_name();
      return left;
    }
  }
  if (precedence <= kAdd) {
    for (const char* symbol : {"+", "-", "&", "|", "^"})
      if (accept_symbol(symbol)) return binary(ExprKind::arithmetic, symbol, kAdd, false);
  }
  if (precedence <= kMultiply) {
    for (const char* symbol : {"*", "/", "%"})
      if (accept_symbol(symbol)) return binary(ExprKind::arithmetic, symbol, kMultiply, false);
  }
  found = false;
  return left;
}

ExprPtr ExpressionParser::predicate_tail(ExprPtr left, bool negated) {
  const int at = line();
  if (accept_word("IS")) {
    auto expr = make(ExprKind::is_null, at);
    expr->negated = accept_word("NOT");
    expect_word("NULL");
    expr->args = {left};
    return expr;
  }
  if (accept_word("LIKE")) {
    auto expr = make(ExprKind::like, at);
    expr->negated = negated;
    expr->args = {left, value_only(any(kAdd))};
    if (accept_word("ESCAPE")) expr->args.push_back(value_only(any(kAdd)));
    return expr;
  }
  if (accept_word("BETWEEN")) {
    auto expr = make(ExprKind::between, at);
    expr->negated = negated;
    ExprPtr low = value_only(any(kAdd));
    expect_word("AND");
    expr->args = {left, low, value_only(any(kAdd))};
    return expr;
  }
  expect_word("IN");
  expect_symbol("(");
  auto expr = make(ExprKind::in_list, at);
  expr->negated = negated;
  expr->args = {left};
  if (is_word("SELECT") || is_word("WITH")) {
    expr->select = select();
  } else {
    do expr->args.push_back(expression());
    while (accept_symbol(","));
  }
  expect_symbol(")");
  return expr;
}

ExprPtr ExpressionParser::primary() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::number:
      return number();
    case TokenKind::string:
      return make_text(take());
    case TokenKind::binary: {
      auto expr = make(ExprKind::literal, token.line);
      expr->type = {SqlKind::varbinary, std::max(static_cast<int>(token.text.size()), 1), 18, 0};
      expr->value = take().text;
      return expr;
    }
    case TokenKind::variable: {
      auto expr = make(ExprKind::variable, token.line);
      expr->name = take_variable();
      return expr;
    }
    case TokenKind::global: {
      auto expr = make(ExprKind::global, token.line);
      expr->name = take().text;
      return expr;
    }
    case TokenKind::symbol:
      if (token.text == "(") return parenthesized();
      if (token.text == "*") {
        auto expr = make(ExprKind::star, take().line);
        return expr;
      }
      fail_here();
    case TokenKind::word:
      return word_expression();
    case TokenKind::quoted_name:
      return column();
    case TokenKind::end:
      break;
  }
  fail_here();
}

ExprPtr ExpressionParser::number() {
  const Token& token = take();
  auto expr = make(ExprKind::literal, token.line);
  const std::string& text = token.text;
  const std::size_t point = text.find('.');
  std::int64_t integer_value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), integer_value);
  if (point == std::string::npos && status == std::errc{} && end == text.data() + text.size()) {
    const bool small = integer_value <= 2'147'483'647;
    expr->type = small ? integer() : SqlType{SqlKind::decimal, 0, 19, 0};
    expr->value = small ? Value{integer_value} : Value{static_cast<double>(integer_value)};
    if (!small) {  // exact where a double would not be
      expr->type = bigint();
      expr->value = integer_value;
    }
    return expr;
  }
  double real = 0;
  std::from_chars(text.data(), text.data() + text.size(), real);
  expr->value = real;
  if (text.find_first_of("eE") != std::string::npos) {
    expr->type = type_of(SqlKind::float_);
  } else {
    const std::size_t scale = point == std::string::npos ? 0 : text.size() - point - 1;
    expr->type = {SqlKind::decimal, 0,
                  static_cast<std::uint8_t>(std::min<std::size_t>(std::max<std::size_t>(text.size(), 1), 38)),
                  static_cast<std::uint8_t>(std::min<std::size_t>(scale, 15))};
  }
  return expr;
}

ExprPtr ExpressionParser::parenthesized() {
  const int at = line();
  expect_symbol("(");
  if (is_word("SELECT") || is_word("WITH")) {
    auto expr = make(ExprKind::subquery, at);
    expr->select = select();
    expect_symbol(")");
    return expr;
  }
  ExprPtr inner = any(kOr);
  expect_symbol(")");
  return inner;
}

ExprPtr ExpressionParser::word_expression() {
  const Token token = peek();
  if (accept_word("NULL")) {
    auto expr = make(ExprKind::literal, token.line);
    expr->type = integer();
    return expr;
  }
  if (accept_word("CASE")) return case_expression();
  if (accept_word("EXISTS")) {
    auto expr = make(ExprKind::exists, token.line);
    expect_symbol("(");
    expr->select = select();
    expect_symbol(")");
    return expr;
  }
  const bool call = is_symbol("(", 1);
  if (call && (is_word("CAST") || is_word("TRY_CAST"))) return take(), cast(token);
  if (call && (is_word("CONVERT") || is_word("TRY_CONVERT"))) return take(), convert(token);
  if (call && (!is_reserved(token.text) || is_word("LEFT") || is_word("RIGHT"))) {
    take();
    return function(token.text, token.line);
  }
  for (const char* name : {"CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER", "USER"}) {
    if (!same_name(token.text, name) || is_symbol(".", 1)) continue;
    take();
    auto expr = make(ExprKind::function, token.line);
    expr->name = name;
    return expr;
  }
  return column();
}

ExprPtr ExpressionParser::case_expression() {
  auto expr = make(ExprKind::case_of, line());
  if (!is_word("WHEN")) {
    expr->has_operand = true;
    expr->args.push_back(expression());
  }
  if (!is_word("WHEN")) fail_here();
  while (accept_word("WHEN")) {
    expr->args.push_back(expr->has_operand ? expression() : condition());
    expect_word("THEN");
    expr->args.push_back(expression());
  }
  if (accept_word("ELSE")) {
    expr->has_else = true;
    expr->args.push_back(expression());
  }
  expect_word("END");
  return expr;
}

ExprPtr ExpressionParser::function(std::string name, int at_line) {
  auto expr = make(ExprKind::function, at_line);
  expr->name = std::move(name);
  expect_symbol("(");
  expr->distinct = accept_word("DISTINCT");
  if (!is_symbol(")")) {
    do expr->args.push_back(any(kOr));
    while (accept_symbol(","));
  }
  expect_symbol(")");
  const bool takes_condition = same_name(expr->name, "IIF");
  for (std::size_t i = 0; i < expr->args.size(); ++i) {
    if (expr->args[i]->is_predicate() != (takes_condition && i == 0)) fail_here();
  }
  return expr;
}

// A length left out is 30 inside CAST and CONVERT, though 1 in a declaration.
SqlType ExpressionParser::target_type() {
  SqlType result = type();
  const bool sized = tokens_[pos_ - 1].text == ")" || result.length != 1;
  if (!sized && (is_text(result.kind) || result.kind == SqlKind::varbinary)) result.length = 30;
  return result;
}

ExprPtr ExpressionParser::cast(const Token& name) {
  auto expr = make(ExprKind::function, name.line);
  expr->name = name.text;
  expect_symbol("(");
  expr->args = {expression()};
  expect_word("AS");
  expr->type = target_type();
  expect_symbol(")");
  return expr;
}

ExprPtr ExpressionParser::convert(const Token& name) {
  auto expr = make(ExprKind::function, name.line);
  expr->name = name.text;
  expect_symbol("(");
  expr->type = target_type();
  expect_symbol(",");
  expr->args = {expression()};
  if (accept_symbol(",")) expr->args.push_back(expression());
  expect_symbol(")");
  return expr;
}

ExprPtr ExpressionParser::column() {
  auto expr = make(ExprKind::column, line());
  std::vector<std::string> parts{take_name()};
  while (accept_symbol(".")) {
    if (accept_symbol("*")) {
      expr->kind = ExprKind::star;
      expr->qualifier = parts.back();
      return expr;
    }
    parts.push_back(take_name());
  }
  expr->name = parts.back();
  if (parts.size() > 1) expr->qualifier = parts[parts.size() - 2];
  return expr;
}

ObjectName ExpressionParser::object_name() {
  ObjectName name;
  name.parts.push_back(take_name());
  while (accept_symbol(".")) {
    if (is_symbol(".")) {  // master..sysobjects
      name.parts.emplace_back();
    } else {
      name.parts.push_back(take_name());
    }
  }
  return name;
}

SqlType ExpressionParser::type() {
  const int at = line();
  if (is_word("sys") && is_symbol(".", 1)) {
    take();
    take();
  }
  const std::string name = take_name();
  const auto parsed = parse_type_name(name);
  if (!parsed) {
    fail({243, 16, 1, "Type " + name + " is not a defined system type.", {}, 0}, at);
  }
  SqlType result = *parsed;
  if (!accept_symbol("(")) return result;
  if (accept_word("MAX")) {
    result.length = SqlType::kMax;
  } else {
    if (peek().kind != TokenKind::number || peek().text.size() > 5) fail_here();
    const int size = std::atoi(take().text.c_str());
    if (is_text(result.kind) || result.kind == SqlKind::varbinary) {
      result.length = std::max(size, 1);
    } else if (result.kind == SqlKind::decimal) {
      result.precision = static_cast<std::uint8_t>(std::clamp(size, 1, 38));
    } else if (is_date(result.kind)) {
      result.scale = static_cast<std::uint8_t>(std::clamp(size, 0, 7));
    }
    if (accept_symbol(",")) {
      if (peek().kind != TokenKind::number || peek().text.size() > 2) fail_here();
      result.scale = static_cast<std::uint8_t>(std::clamp(std::atoi(take().text.c_str()), 0, 15));
    }
  }
  expect_symbol(")");
  return result;
}

}  // namespace keyturn::sim
