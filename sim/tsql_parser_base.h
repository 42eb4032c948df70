// What the parts of the parser share: the position in the tokens, and errors.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/tsql_ast.h"
#include "sim/tsql_lexer.h"
#include "sim/tsql_parser.h"

namespace keyturn::sim {

// Thrown and caught inside the parser only.
struct ParseFailure {
  SqlError error;
};

class ParserBase {
 public:
  ParserBase(std::vector<Token> tokens, VariableTypes variables)
      : tokens_(std::move(tokens)), variables_(std::move(variables)) {}

 protected:
  static constexpr int kMaxDepth = 200;  // of nesting; SQL Server's own limit for blocks is near

  static constexpr int kMaxChain =
      900;  // operands of one chain of operators; SQLite's limit of depth is 1000

  [[noreturn]] void fail_too_deep() const {
    fail({191,
          15,
          1,
          "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into "
          "smaller "
          "queries.",
          {},
          0});
  }

  // Guards against a stack that grows with the input.
  class Nesting {
   public:
    explicit Nesting(ParserBase& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) {
        --parser_.depth_;
        parser_.fail_too_deep();
      }
    }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ParserBase& parser_;
  };

  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(pos_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() {
    const Token& token = peek();
    if (pos_ + 1 < tokens_.size()) ++pos_;
    return token;
  }
  [[nodiscard]] int line() const { return peek().line; }
  [[nodiscard]] bool at_end() const { return peek().kind == TokenKind::end; }
  [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::word && same_name(peek(ahead).text, word);
  }
  [[nodiscard]] bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::symbol && peek(ahead).text == symbol;
  }
  bool accept_word(std::string_view word) {
    if (!is_word(word)) return false;
    take();
    return true;
  }
  bool accept_symbol(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    take();
    return true;
  }
  void expect_word(std::string_view word) {
    if (!accept_word(word)) fail_here();
  }
  void expect_symbol(std::string_view symbol) {
    if (!accept_symbol(symbol)) fail_here();
  }
  [[nodiscard]] bool is_name() const {
    const Token& token = peek();
    return token.kind == TokenKind::quoted_name ||
           (token.kind == TokenKind::word && !is_reserved(token.text));
  }
  std::string take_name() {
    if (!is_name()) fail_here();
    return take().text;
  }
  std::string take_variable() {
    if (peek().kind != TokenKind::variable) fail_here();
    const Token& token = take();
    if (!variables_.contains(fold_name(token.text)))
      fail(errors::undeclared_variable(token.text), token.line);
    return fold_name(token.text);
  }

  [[noreturn]] void fail(SqlError error, int at_line = 0) const {
    error.line = at_line != 0 ? at_line : line();
    throw ParseFailure{std::move(error)};
  }
  // 156 at a keyword, else 102; at the end SQL Server names the last token.
  [[noreturn]] void fail_here() const {
    const std::size_t at = at_end() && pos_ > 0 ? pos_ - 1 : pos_;
    const Token& token = tokens_[at];
    const bool keyword = token.kind == TokenKind::word && is_reserved(token.text);
    fail(keyword && !at_end() ? errors::syntax_near_keyword(token.text) : errors::syntax_near(token.text),
         token.line);
  }

  std::vector<Token> tokens_;
  std::size_t pos_ = 0;
  VariableTypes variables_;
  int depth_ = 0;
};

}  // namespace keyturn::sim
