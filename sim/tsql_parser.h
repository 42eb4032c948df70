// T-SQL tokens into statements: one batch at a time, as SQL Server compiles it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/tsql_ast.h"

namespace keyturn::sim {

// Variables by folded name ("@x").
using VariableTypes = std::map<std::string, SqlType>;

// Parses a whole batch. `variables` holds what is declared already (parameters of sp_executesql). Errors:
// 102, 105, 113, 134, 137, 156, 2715 …, with their line; nothing of the batch has run then.
struct ParsedBatch {
  Block statements;
  VariableTypes variables;  // all that the batch declares, and those it was given
};
SqlResult<ParsedBatch> parse_batch(std::string_view text, VariableTypes variables = {});

struct ParameterDeclaration {
  std::string name;
  SqlType type;
  bool output = false;
};
// "@a int, @b nvarchar(10) OUTPUT", as sp_executesql takes it.
SqlResult<std::vector<ParameterDeclaration>> parse_parameters(std::string_view text);

}  // namespace keyturn::sim
