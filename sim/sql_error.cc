#include "sim/sql_error.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace keyturn::sim {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }
SqlError make(int number, int severity, std::string text, int state = 1) {
  return {number, severity, state, std::move(text), {}, 0};
}

}  // namespace

Reach reach_of(const SqlError& error) {
  constexpr std::array<int, 11> kScope{102, 105, 134, 137, 156, 195, 207, 208, 209, 319, 4121};
  constexpr std::array<int, 5> kBatch{241, 242, 245, 8114, 8115};
  if (std::find(kScope.begin(), kScope.end(), error.number) != kScope.end()) return Reach::scope;
  if (std::find(kBatch.begin(), kBatch.end(), error.number) != kBatch.end()) return Reach::batch;
  return Reach::statement;
}

namespace errors {

SqlError syntax_near(std::string_view token) {
  return make(102, 15, "Incorrect syntax near " + quoted(token) + ".");
}
SqlError syntax_near_keyword(std::string_view word) {
  return make(156, 15, "Incorrect syntax near the keyword " + quoted(word) + ".");
}
SqlError undeclared_variable(std::string_view name) {
  return make(137, 15, "Must declare the scalar variable \"" + std::string(name) + "\".", 2);
}
SqlError duplicate_variable(std::string_view name) {
  return make(134, 15,
              "The variable name " + quoted(name) +
                  " has already been declared. Variable names must be unique within a query batch or stored "
                  "procedure.",
              2);
}
SqlError unclosed_quotation(std::string_view text) {
  return make(105, 15, "Unclosed quotation mark after the character string " + quoted(text) + ".");
}
SqlError unknown_function(std::string_view name) {
  return make(195, 15, quoted(name) + " is not a recognized built-in function name.", 10);
}
SqlError invalid_column(std::string_view name) {
  return make(207, 16, "Invalid column name " + quoted(name) + ".");
}
SqlError ambiguous_column(std::string_view name) {
  return make(209, 16, "Ambiguous column name " + quoted(name) + ".");
}
SqlError invalid_object(std::string_view name) {
  return make(208, 16, "Invalid object name " + quoted(name) + ".");
}
SqlError unknown_procedure(std::string_view name) {
  return make(2812, 16, "Could not find stored procedure " + quoted(name) + ".", 62);
}
SqlError no_permission() { return make(15247, 16, "User does not have permission to perform this action."); }
SqlError divide_by_zero() { return make(8134, 16, "Divide by zero error encountered."); }
SqlError conversion_failed(std::string_view from, std::string_view value, std::string_view to) {
  return make(245, 16,
              "Conversion failed when converting the " + std::string(from) + " value " + quoted(value) +
                  " to data type " + std::string(to) + ".");
}
SqlError date_conversion_failed() {
  return make(241, 16, "Conversion failed when converting date and/or time from character string.");
}
SqlError credential_missing(std::string_view verb, std::string_view name) {
  return make(15151, 16,
              "Cannot " + std::string(verb) + " the credential " + quoted(name) +
                  ", because it does not exist or you do not have permission.");
}
SqlError credential_exists(std::string_view name) {
  return make(15530, 16, "The credential with name \"" + std::string(name) + "\" already exists.");
}
SqlError commit_without_begin() {
  return make(3902, 16, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.");
}
SqlError rollback_without_begin() {
  return make(3903, 16, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.");
}
SqlError doomed_transaction() {
  return make(
      3930, 16,
      "The current transaction cannot be committed and cannot support operations that write to the log "
      "file. Roll back the transaction.");
}
SqlError permission_denied(std::string_view permission, std::string_view object, std::string_view database,
                           std::string_view schema) {
  return make(229, 14,
              "The " + std::string(permission) + " permission was denied on the object " + quoted(object) +
                  ", database " + quoted(database) + ", schema " + quoted(schema) + ".",
              5);
}
SqlError login_failed(std::string_view user) {
  return make(18456, 14, "Login failed for user " + quoted(user) + ".");
}

}  // namespace errors

std::string fold_name(std::string_view name) {
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return folded;
}

bool same_name(std::string_view a, std::string_view b) { return fold_name(a) == fold_name(b); }

}  // namespace keyturn::sim
