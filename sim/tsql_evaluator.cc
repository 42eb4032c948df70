#include "sim/tsql_evaluator.h"

#include <sqlite3.h>

#include <cctype>
#include <cmath>

#include "sim/tsql_functions.h"
#include "sim/tsql_like.h"
#include "sim/tsql_translator.h"

namespace keyturn::sim {

struct Evaluator::Database {
  sqlite3* handle = nullptr;
  SessionState* session = nullptr;
  std::optional<SqlError> error;  // of a function that the statement under way has called

  ~Database() { sqlite3_close(handle); }
};

namespace {

using Arguments = sqlite3_value**;

Value value_of(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return Value{static_cast<std::int64_t>(sqlite3_value_int64(value))};
    case SQLITE_FLOAT:
      return Value{sqlite3_value_double(value)};
    case SQLITE_NULL:
      return Value{};
    default:
      break;
  }
  const void* bytes = sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  return Value{bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size)};
}

void give(sqlite3_context* context, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_result_int64(context, *number);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_result_double(context, *real);
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  sqlite3_result_null(context);
}

// `error` is the statement's; SQLite itself only hears that there is one.
void give(sqlite3_context* context, std::optional<SqlError>& error, const SqlResult<Value>& result) {
  if (result) return give(context, *result);
  error = result.error();
  sqlite3_result_error(context, "T-SQL error", -1);
}

Value divide(const Value& left, const Value& right) {
  if (std::holds_alternative<std::int64_t>(left) && std::holds_alternative<std::int64_t>(right)) {
    if (as_integer(right) == -1) return Value{-as_integer(left)};
    return Value{as_integer(left) / as_integer(right)};
  }
  return Value{as_double(left) / as_double(right)};
}
Value modulo(const Value& left, const Value& right) {
  if (std::holds_alternative<std::int64_t>(left) && std::holds_alternative<std::int64_t>(right)) {
    return as_integer(right) == -1 ? Value{std::int64_t{0}} : Value{as_integer(left) % as_integer(right)};
  }
  return Value{std::fmod(as_double(left), as_double(right))};
}

int compare_text(void*, int left_size, const void* left, int right_size, const void* right) {
  const std::string a = fold_name({static_cast<const char*>(left), static_cast<std::size_t>(left_size)});
  const std::string b = fold_name({static_cast<const char*>(right), static_cast<std::size_t>(right_size)});
  return a.compare(b);
}

void bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_bind_double(statement, index, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
}

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using SqliteStatement = std::unique_ptr<sqlite3_stmt, StatementCloser>;

SqliteStatement prepare(sqlite3* handle, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(handle, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr);
  return SqliteStatement(statement);
}

Value fetch(sqlite3_stmt* statement, int index, const SqlType& type) {
  Value value = value_of(sqlite3_column_value(statement, index));
  if (is_null(value)) return value;
  const bool real =
      type.kind == SqlKind::float_ || type.kind == SqlKind::real || type.kind == SqlKind::decimal;
  if (real) return Value{as_double(value)};
  if (is_integer(type.kind) || is_date(type.kind)) return Value{as_integer(value)};
  if (!std::holds_alternative<std::string>(value)) return Value{std::to_string(as_integer(value))};
  return value;
}

SqlError engine_error(sqlite3* handle) {
  return {8624, 16, 1, std::string("Internal Query Processor Error: ") + sqlite3_errmsg(handle) + ".", {}, 0};
}

template <class Function>
void call(sqlite3_context* context, int count, Arguments args, Function function) {
  std::vector<Value> values;
  for (int i = 0; i < count; ++i) values.push_back(value_of(args[i]));
  function(context, values);
}

}  // namespace

Evaluator::Evaluator(SessionState& session) : session_(session), database_(std::make_unique<Database>()) {
  database_->session = &session;
  sqlite3_open(":memory:", &database_->handle);
  sqlite3* handle = database_->handle;
  sqlite3_create_collation(handle, "tsql", SQLITE_UTF8, nullptr, compare_text);
  const auto add = [&](const char* name, void (*function)(sqlite3_context*, int, Arguments)) {
    sqlite3_create_function(handle, name, -1, SQLITE_UTF8, database_.get(), function, nullptr, nullptr);
  };
  add("tsql_call", [](sqlite3_context* context, int count, Arguments args) {
    auto* database = static_cast<Database*>(sqlite3_user_data(context));
    std::vector<Value> values;
    for (int i = 1; i < count; ++i) values.push_back(value_of(args[i]));
    give(context, database->error, function_at(sqlite3_value_int(args[0])).call(*database->session, values));
  });
  add("tsql_cast", [](sqlite3_context* context, int, Arguments args) {
    auto* database = static_cast<Database*>(sqlite3_user_data(context));
    const auto result = convert(value_of(args[0]), decode_type(sqlite3_value_int64(args[1])),
                                decode_type(sqlite3_value_int64(args[2])), sqlite3_value_int(args[3]));
    if (!result && sqlite3_value_int(args[4]) != 0) return sqlite3_result_null(context);
    give(context, database->error, result);
  });
  add("tsql_fit", [](sqlite3_context* context, int, Arguments args) {
    auto* database = static_cast<Database*>(sqlite3_user_data(context));
    give(context, database->error,
         convert(value_of(args[0]), type_of(SqlKind::decimal), decode_type(sqlite3_value_int64(args[1]))));
  });
  add("tsql_div", [](sqlite3_context* context, int, Arguments args) {
    auto* database = static_cast<Database*>(sqlite3_user_data(context));
    const Value left = value_of(args[0]);
    const Value right = value_of(args[1]);
    if (is_null(left) || is_null(right)) return sqlite3_result_null(context);
    if (as_double(right) == 0) return give(context, database->error, raise(errors::divide_by_zero()));
    give(context, divide(left, right));
  });
  add("tsql_mod", [](sqlite3_context* context, int, Arguments args) {
    auto* database = static_cast<Database*>(sqlite3_user_data(context));
    const Value left = value_of(args[0]);
    const Value right = value_of(args[1]);
    if (is_null(left) || is_null(right)) return sqlite3_result_null(context);
    if (as_double(right) == 0) return give(context, database->error, raise(errors::divide_by_zero()));
    give(context, modulo(left, right));
  });
  add("tsql_like", [](sqlite3_context* context, int count, Arguments args) {
    const Value text = value_of(args[0]);
    const Value pattern = value_of(args[1]);
    if (is_null(text) || is_null(pattern)) return sqlite3_result_null(context);
    const Value escape = count > 2 ? value_of(args[2]) : Value{};
    sqlite3_result_int(context, like(as_text(text), as_text(pattern), as_text(escape)) ? 1 : 0);
  });
}

Evaluator::~Evaluator() = default;

std::optional<SqlError> Evaluator::fill(const CatalogView& view) {
  const auto rows = view.rows(session_);
  if (!rows) return rows.error();
  const std::string table = quote_identifier(view.name);
  std::string names;
  std::string marks;
  for (const ResultColumn& column : view.columns) {
    names += (names.empty() ? "" : ",") + quote_identifier(column.name);
    marks += marks.empty() ? "?" : ",?";
  }
  sqlite3* handle = database_->handle;
  sqlite3_exec(handle, ("CREATE TABLE IF NOT EXISTS " + table + "(" + names + ")").c_str(), nullptr, nullptr,
               nullptr);
  sqlite3_exec(handle, ("DELETE FROM " + table).c_str(), nullptr, nullptr, nullptr);
  const SqliteStatement insert = prepare(handle, "INSERT INTO " + table + " VALUES(" + marks + ")");
  if (!insert) return engine_error(handle);
  for (const Row& row : *rows) {
    sqlite3_reset(insert.get());
    sqlite3_clear_bindings(insert.get());
    for (std::size_t i = 0; i < row.size(); ++i) bind_value(insert.get(), static_cast<int>(i) + 1, row[i]);
    if (sqlite3_step(insert.get()) != SQLITE_DONE) return engine_error(handle);
  }
  return std::nullopt;
}

std::optional<SqlError> Evaluator::run(const Translation& query,
                                       const std::function<void(const Row&)>& on_row) {
  for (const CatalogView* view : query.views)
    if (auto error = fill(*view)) return error;
  database_->error.reset();
  const SqliteStatement statement = prepare(database_->handle, query.sql);
  if (!statement) return engine_error(database_->handle);
  for (std::size_t i = 0; i < query.bindings.size(); ++i)
    bind_value(statement.get(), static_cast<int>(i) + 1, query.bindings[i]);
  while (true) {
    if (session_.stopped()) return cancelled();
    const int status = sqlite3_step(statement.get());
    if (status == SQLITE_DONE) return std::nullopt;
    if (status != SQLITE_ROW) return database_->error ? database_->error : engine_error(database_->handle);
    Row row;
    for (std::size_t i = 0; i < query.columns.size(); ++i)
      row.push_back(fetch(statement.get(), static_cast<int>(i), query.columns[i].type));
    on_row(row);
  }
}

}  // namespace keyturn::sim
