// T-SQL text into tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/sql_type.h"

namespace keyturn::sim {

enum class TokenKind { word, quoted_name, variable, global, number, string, binary, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // unquoted; a variable with its '@', a global with "@@"; binary as bytes
  int line = 1;
  bool unicode = false;  // N'…'
};

// Ends with a token of kind `end`. Errors: 105 (unclosed quotation mark), 113 (unclosed comment), 102 (a
// character that T-SQL has no use for).
SqlResult<std::vector<Token>> tokenize(std::string_view text);

bool is_reserved(std::string_view word);

}  // namespace keyturn::sim
