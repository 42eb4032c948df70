// T-SQL's built-in functions that take values and give one.
#pragma once

#include <string_view>
#include <vector>

#include "sim/sql_type.h"
#include "sim/tsql_state.h"

namespace keyturn::sim {

using FunctionArgs = std::vector<Value>;

struct FunctionSpec {
  const char* name;
  // A letter for each argument: s text, i integer, n number, d date, a any. '?': those after it may be left
  // out; '*': the one before it may be repeated.
  const char* params;
  SqlType (*result)(const std::vector<SqlType>& args);
  SqlResult<Value> (*call)(SessionState&, const FunctionArgs&);
};

// 0-based; the number is what the evaluator calls the function by. Null and -1 where there is none.
int find_function(std::string_view name);
const FunctionSpec& function_at(int index);

const std::vector<FunctionSpec>& text_functions();
const std::vector<FunctionSpec>& date_functions();
const std::vector<FunctionSpec>& server_functions();

// "@@x" as a value; nothing where there is no such.
std::optional<TypedValue> global_variable(const SessionState& session, std::string_view name);

// The text of a message with %s, %d, %i, %u, %x, %o and %% replaced: RAISERROR, FORMATMESSAGE.
std::string format_message(const std::string& format, const std::vector<Value>& args);

}  // namespace keyturn::sim
