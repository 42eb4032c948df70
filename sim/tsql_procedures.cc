// The system procedures.
#include <algorithm>

#include "sim/tsql_interpreter.h"
#include "sim/tsql_lexer.h"

namespace keyturn::sim {
namespace {

using Arguments = std::vector<ProcedureArgument>;

tl::unexpected<Raised> failed(SqlError error) {
  return tl::unexpected<Raised>(Raised{{std::move(error)}, Reach::statement, false, false});
}

// The argument of that name, or the one at that position if it has no name.
const ProcedureArgument* find(const Arguments& args, std::string_view name, std::size_t position) {
  for (const ProcedureArgument& arg : args)
    if (same_name(arg.name, name)) return &arg;
  const bool positional = position < args.size() && args[position].name.empty();
  return positional && args[position].given ? &args[position] : nullptr;
}

std::string text_of(const ProcedureArgument* arg, std::string fallback = {}) {
  return arg == nullptr || is_null(arg->value.value) ? std::move(fallback)
                                                     : to_text(arg->value.value, arg->value.type);
}

SqlError missing_parameter(const std::string& procedure, const std::string& parameter) {
  return {201,
          16,
          4,
          "Procedure or function '" + procedure + "' expects parameter '" + parameter +
              "', which was not supplied.",
          {},
          0};
}

ProcedureResult execute_sql(Execution& execution, Arguments& args) {
  if (args.empty()) return {failed(missing_parameter("sp_executesql", "@stmt")), 0};
  const std::string text = to_text(args[0].value.value, args[0].value.type);
  Variables variables;
  std::vector<ParameterDeclaration> declared;
  if (args.size() > 1 && !is_null(args[1].value.value)) {
    auto parsed = parse_parameters(to_text(args[1].value.value, args[1].value.type));
    if (!parsed) return {failed(parsed.error()), 0};
    declared = std::move(*parsed);
  }
  std::vector<ProcedureArgument*> sources(declared.size(), nullptr);
  for (std::size_t i = 2; i < args.size(); ++i) {
    for (std::size_t p = 0; p < declared.size(); ++p) {
      const bool meant = args[i].name.empty() ? p == i - 2 : fold_name(args[i].name) == declared[p].name;
      if (meant) sources[p] = &args[i];
    }
  }
  for (std::size_t p = 0; p < declared.size(); ++p) {
    if (sources[p] == nullptr) {
      return {failed({8178,
                      16,
                      1,
                      "The parameterized query '" + text.substr(0, 128) + "' expects the parameter '" +
                          declared[p].name + "', which was not supplied.",
                      {},
                      0}),
              0};
    }
    auto value = convert(sources[p]->value.value, sources[p]->value.type, declared[p].type);
    if (!value) return {failed(value.error()), 0};
    variables[declared[p].name] = {declared[p].type, std::move(*value)};
  }
  Outcome outcome = run_scope(execution, text, variables);
  for (std::size_t p = 0; p < declared.size(); ++p) {
    if (declared[p].output && sources[p]->output) sources[p]->value = variables[declared[p].name];
  }
  return {std::move(outcome), 0};
}

ProcedureResult get_app_lock(Execution& execution, Arguments& args) {
  SessionState& session = execution.session;
  const std::string resource = text_of(find(args, "@Resource", 0));
  const std::string mode = fold_name(text_of(find(args, "@LockMode", 1)));
  const std::string owner = fold_name(text_of(find(args, "@LockOwner", 2), "Transaction"));
  const ProcedureArgument* timeout = find(args, "@LockTimeout", 3);
  const std::int64_t wait = timeout == nullptr ? -1 : as_integer(timeout->value.value);
  AppLockMode wanted = AppLockMode::exclusive;
  if (mode == "shared" || mode == "intentshared")
    wanted = AppLockMode::shared;
  else if (mode == "update")
    wanted = AppLockMode::update;
  else if (mode != "exclusive" && mode != "intentexclusive")
    return {Flow::next, kAppLockBadParameter};
  const bool of_transaction = owner == "transaction";
  if (resource.empty() || (of_transaction && session.transaction_depth == 0) ||
      (!of_transaction && owner != "session")) {
    return {Flow::next, kAppLockBadParameter};
  }
  const int code = session.server.app_locks().acquire(session.id, resource, wanted, of_transaction,
                                                      Duration{wait}, session.server.clock(), *session.stop);
  return {Flow::next, code};
}

ProcedureResult release_app_lock(Execution& execution, Arguments& args) {
  const std::string resource = text_of(find(args, "@Resource", 0));
  SessionState& session = execution.session;
  if (session.server.app_locks().release(session.id, resource)) return {Flow::next, 0};
  return {failed({1223,
                  16,
                  1,
                  "Cannot release the application lock (Database Principal: 'public', Resource: '" +
                      resource + "') because it is not currently held.",
                  {},
                  0}),
          kAppLockBadParameter};
}

// What ODBC's SQLGetTypeInfo asks for.
ProcedureResult datatype_info(Execution& execution, Arguments& args) {
  struct Info {
    const char* name;
    int odbc_type;
    int precision;
    const char* prefix;
    bool searchable_text;
  };
  constexpr Info kTypes[] = {{"bit", -7, 1, "", false},
                             {"tinyint", -6, 3, "", false},
                             {"bigint", -5, 19, "", false},
                             {"varbinary", -3, 8000, "0x", false},
                             {"nvarchar", -9, 4000, "N'", true},
                             {"nchar", -8, 4000, "N'", true},
                             {"varchar", 12, 8000, "'", true},
                             {"char", 1, 8000, "'", true},
                             {"decimal", 3, 38, "", false},
                             {"int", 4, 10, "", false},
                             {"smallint", 5, 5, "", false},
                             {"float", 6, 53, "", false},
                             {"real", 7, 24, "", false},
                             {"date", 91, 10, "'", false},
                             {"datetime", 93, 23, "'", false},
                             {"datetime2", 93, 27, "'", false},
                             {"uniqueidentifier", -11, 36, "'", false}};
  const ProcedureArgument* wanted = find(args, "@data_type", 0);
  const std::int64_t only = wanted == nullptr ? 0 : as_integer(wanted->value.value);
  const SqlType small = type_of(SqlKind::smallint);
  execution.sink.columns({{"TYPE_NAME", sysname()},
                          {"DATA_TYPE", small},
                          {"PRECISION", integer()},
                          {"LITERAL_PREFIX", nvarchar(32)},
                          {"LITERAL_SUFFIX", nvarchar(32)},
                          {"CREATE_PARAMS", nvarchar(32)},
                          {"NULLABLE", small},
                          {"CASE_SENSITIVE", small},
                          {"SEARCHABLE", small},
                          {"UNSIGNED_ATTRIBUTE", small},
                          {"MONEY", small},
                          {"AUTO_INCREMENT", small},
                          {"LOCAL_TYPE_NAME", sysname()},
                          {"MINIMUM_SCALE", small},
                          {"MAXIMUM_SCALE", small},
                          {"SQL_DATA_TYPE", small},
                          {"SQL_DATETIME_SUB", small},
                          {"NUM_PREC_RADIX", integer()},
                          {"INTERVAL_PRECISION", small},
                          {"USERTYPE", small}});
  std::int64_t count = 0;
  const auto number = [](std::int64_t value) { return Value{value}; };
  for (const Info& info : kTypes) {
    if (only != 0 && only != info.odbc_type) continue;
    const std::string prefix = info.prefix;
    const Value before = prefix.empty() ? Value{} : Value{prefix};
    const Value after = prefix.find('\'') == std::string::npos ? Value{} : Value{std::string("'")};
    execution.sink.row({Value{std::string(info.name)},
                        number(info.odbc_type),
                        number(info.precision),
                        before,
                        after,
                        Value{},
                        number(1),
                        number(0),
                        number(info.searchable_text ? 3 : 2),
                        Value{},
                        number(0),
                        Value{},
                        Value{std::string(info.name)},
                        Value{},
                        Value{},
                        number(info.odbc_type),
                        Value{},
                        number(10),
                        Value{},
                        number(0)});
    ++count;
  }
  execution.sink.done(false, count);
  return {};
}

// Every variable that the text does not declare is taken for nvarchar(4000).
ProcedureResult describe_parameters(Execution& execution, Arguments& args) {
  const auto tokens = tokenize(text_of(find(args, "@tsql", 0)));
  if (!tokens) return {failed(tokens.error()), 0};
  execution.sink.columns({{"parameter_ordinal", integer()},
                          {"name", sysname()},
                          {"suggested_system_type_id", integer()},
                          {"suggested_system_type_name", nvarchar(256)},
                          {"suggested_max_length", type_of(SqlKind::smallint)},
                          {"suggested_precision", type_of(SqlKind::tinyint)},
                          {"suggested_scale", type_of(SqlKind::tinyint)}});
  std::vector<std::string> seen;
  for (const Token& token : *tokens) {
    if (token.kind != TokenKind::variable || std::find(seen.begin(), seen.end(), token.text) != seen.end())
      continue;
    seen.push_back(token.text);
    constexpr std::int64_t kNvarcharId = 231;
    execution.sink.row({Value{static_cast<std::int64_t>(seen.size())}, Value{token.text}, Value{kNvarcharId},
                        Value{std::string("nvarchar(4000)")}, Value{std::int64_t{8000}},
                        Value{std::int64_t{0}}, Value{std::int64_t{0}}});
  }
  execution.sink.done(false, static_cast<std::int64_t>(seen.size()));
  return {};
}

ProcedureResult nothing(Execution&, Arguments&) { return {}; }

}  // namespace

ProcedureResult run_procedure(Execution& execution, const ObjectName& name, Arguments& args) {
  using Procedure = ProcedureResult (*)(Execution&, Arguments&);
  constexpr std::pair<const char*, Procedure> kProcedures[] = {
      {"sp_executesql", execute_sql},          {"sp_getapplock", get_app_lock},
      {"sp_releaseapplock", release_app_lock}, {"sp_datatype_info", datatype_info},
      {"sp_datatype_info_100", datatype_info}, {"sp_describe_undeclared_parameters", describe_parameters},
      {"sp_reset_connection", nothing}};
  for (const auto& [known, procedure] : kProcedures)
    if (same_name(known, name.parts.back())) return procedure(execution, args);
  return {failed(errors::unknown_procedure(name.text())), 0};
}

}  // namespace keyturn::sim
