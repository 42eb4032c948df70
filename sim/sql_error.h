// SQL Server's messages by number, in its own words (Microsoft's errors-events reference).
#pragma once

#include <string>
#include <string_view>

namespace keyturn::sim {

struct SqlError {
  int number = 0;
  int severity = 16;  // "class" on the wire; up to 10 it is information
  int state = 1;
  std::string text;
  std::string procedure;  // empty outside a procedure
  int line = 0;           // 1-based; 0: not known yet
};

// How far an error that nobody catches reaches (Microsoft, "TRY...CATCH" and "SET XACT_ABORT").
enum class Reach {
  statement,  // the next statement runs
  scope,      // the batch ends; only an outer scope's TRY catches it (name resolution, compilation)
  batch,      // the batch ends; TRY catches it, and the transaction is doomed
};
Reach reach_of(const SqlError& error);

namespace errors {

SqlError syntax_near(std::string_view token);                                                    // 102
SqlError syntax_near_keyword(std::string_view word);                                             // 156
SqlError undeclared_variable(std::string_view name);                                             // 137
SqlError duplicate_variable(std::string_view name);                                              // 134
SqlError unclosed_quotation(std::string_view text);                                              // 105
SqlError unknown_function(std::string_view name);                                                // 195
SqlError invalid_column(std::string_view name);                                                  // 207
SqlError ambiguous_column(std::string_view name);                                                // 209
SqlError invalid_object(std::string_view name);                                                  // 208
SqlError unknown_procedure(std::string_view name);                                               // 2812
SqlError no_permission();                                                                        // 15247
SqlError divide_by_zero();                                                                       // 8134
SqlError conversion_failed(std::string_view from, std::string_view value, std::string_view to);  // 245
SqlError date_conversion_failed();                                                               // 241
SqlError credential_missing(std::string_view verb, std::string_view name);  // 15151; verb: "alter" or "drop"
SqlError credential_exists(std::string_view name);                          // 15530
SqlError commit_without_begin();                                            // 3902
SqlError rollback_without_begin();                                          // 3903
SqlError doomed_transaction();                                              // 3930
SqlError permission_denied(std::string_view permission, std::string_view object, std::string_view database,
                           std::string_view schema);  // 229
SqlError login_failed(std::string_view user);         // 18456

}  // namespace errors

// Case-insensitive as the usual server collation compares names: ASCII letters, trailing blanks ignored.
bool same_name(std::string_view a, std::string_view b);
std::string fold_name(std::string_view name);

}  // namespace keyturn::sim
