#include "sim/tsql_lexer.h"

#include <array>
#include <cctype>
#include <set>

namespace keyturn::sim {
namespace {

bool starts_name(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '#' || (c & 0x80) != 0;
}
bool continues_name(char c) {
  return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$' || c == '@';
}
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  SqlResult<std::vector<Token>> run() {
    while (true) {
      if (auto blank = skip_blank(); !blank) return raise(blank.error());
      if (at_end()) break;
      start_line_ = line_;
      if (auto token = next(); !token) {
        SqlError error = token.error();
        error.line = start_line_;
        return raise(error);
      }
    }
    start_line_ = line_;
    add(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] bool at_end() const { return pos_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  char take() {
    const char c = text_[pos_++];
    if (c == '\n') ++line_;
    return c;
  }
  void add(TokenKind kind, std::string text, bool unicode = false) {
    tokens_.push_back({kind, std::move(text), start_line_, unicode});
  }

  SqlResult<bool> skip_blank() {
    while (!at_end()) {
      if (std::isspace(static_cast<unsigned char>(peek())) != 0 || peek() == '\0') {
        take();
      } else if (text_.substr(pos_).starts_with("\xEF\xBB\xBF") ||
                 text_.substr(pos_).starts_with("\xC2\xA0")) {
        pos_ += text_[pos_] == '\xC2' ? 2 : 3;  // byte order mark, no-break space
      } else if (peek() == '-' && peek(1) == '-') {
        while (!at_end() && peek() != '\n') take();
      } else if (peek() == '/' && peek(1) == '*') {
        if (!skip_comment()) return raise({113, 15, 1, "Missing end comment mark '*/'.", {}, line_});
      } else {
        break;
      }
    }
    return true;
  }

  bool skip_comment() {  // comments nest
    int depth = 0;
    do {
      if (at_end()) return false;
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        take();
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        take();
      }
      take();
    } while (depth > 0);
    return true;
  }

  SqlResult<bool> next() {
    const char c = peek();
    if ((c == 'N' || c == 'n') && peek(1) == '\'') {
      take();
      return quoted('\'', TokenKind::string, true);
    }
    if (c == '\'') return quoted('\'', TokenKind::string, false);
    if (c == '"') return quoted('"', TokenKind::quoted_name, false);
    if (c == '[') return quoted(']', TokenKind::quoted_name, false);
    if (c == '@') return variable();
    if (c == '0' && (peek(1) == 'x' || peek(1) == 'X')) return binary();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (starts_name(c)) return word();
    return symbol();
  }

  SqlResult<bool> quoted(char close, TokenKind kind, bool unicode) {
    take();
    std::string text;
    while (true) {
      if (at_end()) return raise(errors::unclosed_quotation(text));
      const char c = take();
      if (c == close) {
        if (peek() != close) break;
        take();
      }
      text += c;
    }
    add(kind, std::move(text), unicode);
    return true;
  }

  SqlResult<bool> variable() {
    std::string text(1, take());
    if (peek() == '@') text += take();
    while (!at_end() && continues_name(peek())) text += take();
    if (text == "@") return raise(errors::syntax_near("@"));
    const TokenKind kind = text.starts_with("@@") ? TokenKind::global : TokenKind::variable;
    add(kind, std::move(text));
    return true;
  }

  SqlResult<bool> binary() {
    take();
    take();
    std::string digits;
    while (std::isxdigit(static_cast<unsigned char>(peek())) != 0) digits += take();
    if (digits.size() % 2 != 0) digits.insert(digits.begin(), '0');
    std::string bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    add(TokenKind::binary, std::move(bytes));
    return true;
  }

  SqlResult<bool> number() {
    std::string text;
    while (is_digit(peek())) text += take();
    if (peek() == '.') text += take();
    while (is_digit(peek())) text += take();
    if ((peek() == 'e' || peek() == 'E') &&
        (is_digit(peek(1)) || ((peek(1) == '-' || peek(1) == '+') && is_digit(peek(2))))) {
      text += take();
      text += take();
      while (is_digit(peek())) text += take();
    }
    add(TokenKind::number, std::move(text));
    return true;
  }

  SqlResult<bool> word() {
    std::string text;
    while (!at_end() && continues_name(peek())) text += take();
    add(TokenKind::word, std::move(text));
    return true;
  }

  SqlResult<bool> symbol() {
    static constexpr std::array<std::string_view, 13> kTwo{
        "<>", "!=", "<=", ">=", "!<", "!>", "+=", "-=", "*=", "/=", "%=", "::", "||"};
    for (const std::string_view two : kTwo) {
      if (!text_.substr(pos_).starts_with(two)) continue;
      pos_ += 2;
      add(TokenKind::symbol, std::string(two));
      return true;
    }
    if (std::string_view("()+-*/%=<>,.;:&|^~{}$").find(peek()) == std::string_view::npos) {
      return raise(errors::syntax_near(std::string_view(&text_[pos_], 1)));
    }
    add(TokenKind::symbol, std::string(1, take()));
    return true;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  int line_ = 1;
  int start_line_ = 1;
  std::vector<Token> tokens_;
};

}  // namespace

SqlResult<std::vector<Token>> tokenize(std::string_view text) { return Lexer(text).run(); }

bool is_reserved(std::string_view word) {
  static const std::set<std::string, std::less<>> kReserved{
      "add",      "all",     "alter",   "and",      "any",     "as",        "asc",         "backup",
      "begin",    "between", "break",   "by",       "case",    "close",     "commit",      "continue",
      "create",   "cross",   "cursor",  "declare",  "default", "delete",    "deny",        "desc",
      "distinct", "drop",    "else",    "end",      "escape",  "except",    "exec",        "execute",
      "exists",   "fetch",   "for",     "from",     "full",    "function",  "goto",        "grant",
      "group",    "having",  "if",      "in",       "index",   "inner",     "insert",      "intersect",
      "into",     "is",      "join",    "key",      "kill",    "left",      "like",        "merge",
      "not",      "null",    "of",      "on",       "open",    "option",    "or",          "order",
      "outer",    "over",    "percent", "print",    "proc",    "procedure", "raiserror",   "restore",
      "return",   "revoke",  "right",   "rollback", "save",    "select",    "set",         "shutdown",
      "some",     "table",   "then",    "to",       "top",     "tran",      "transaction", "truncate",
      "union",    "unique",  "update",  "use",      "values",  "view",      "waitfor",     "when",
      "where",    "while",   "with"};
  return kReserved.contains(fold_name(word));
}

}  // namespace keyturn::sim
