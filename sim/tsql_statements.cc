// The statements that are not control flow.
#include <algorithm>

#include "sim/tsql_functions.h"
#include "sim/tsql_interpreter.h"

namespace keyturn::sim {

Outcome Interpreter::on(const ast::Query& node) {
  if (session_.implicit_transactions && session_.transaction_depth == 0 && node.select->cores[0].from) {
    begin_transaction(session_, {}, exec_.sink);
  }
  if (node.select->assigns()) return assign_from_query(*node.select);
  auto query = translate(*node.select, session_, variables_);
  if (!query) return failed(query.error());
  exec_.sink.columns(query->columns);
  std::int64_t count = 0;
  auto error = exec_.evaluator.run(*query, [&](const Row& row) {
    ++count;
    exec_.sink.row(row);
  });
  if (error) return failed(*error);
  session_.row_count = count;
  exec_.sink.done(false, session_.no_count ? std::nullopt : std::optional(count));
  return Flow::next;
}

Outcome Interpreter::assign_from_query(const Select& select) {
  auto query = translate(select, session_, variables_);
  if (!query) return failed(query.error());
  MaybeError failure;
  std::int64_t count = 0;
  auto error = exec_.evaluator.run(*query, [&](const Row& row) {
    ++count;
    for (std::size_t i = 0; i < row.size() && !failure; ++i) {
      failure = assign(select.cores[0].items[i].assigns, {query->columns[i].type, row[i]});
    }
  });
  if (error) return failed(*error);
  if (failure) return failed(*failure);
  session_.row_count = count;
  return Flow::next;
}

Outcome Interpreter::on(const ast::SetOption& node) {
  const bool on = node.value == "on";
  if (node.name == "xact_abort") session_.xact_abort = on;
  if (node.name == "nocount") session_.no_count = on;
  if (node.name == "implicit_transactions") session_.implicit_transactions = on;
  static const std::vector<std::string> kKnown{"ansi_defaults",
                                               "ansi_null_dflt_off",
                                               "ansi_null_dflt_on",
                                               "ansi_nulls",
                                               "ansi_padding",
                                               "ansi_warnings",
                                               "arithabort",
                                               "arithignore",
                                               "concat_null_yields_null",
                                               "context_info",
                                               "cursor_close_on_commit",
                                               "datefirst",
                                               "dateformat",
                                               "deadlock_priority",
                                               "fips_flagger",
                                               "fmtonly",
                                               "forceplan",
                                               "implicit_transactions",
                                               "language",
                                               "lock_timeout",
                                               "nocount",
                                               "noexec",
                                               "numeric_roundabort",
                                               "parseonly",
                                               "quoted_identifier",
                                               "rowcount",
                                               "showplan_all",
                                               "showplan_text",
                                               "showplan_xml",
                                               "statistics io",
                                               "statistics profile",
                                               "statistics time",
                                               "statistics xml",
                                               "textsize",
                                               "transaction isolation level",
                                               "xact_abort"};
  std::string rest = node.name;
  while (!rest.empty()) {
    const std::string name = rest.substr(0, rest.find(','));
    rest = rest.size() > name.size() ? rest.substr(name.size() + 1) : "";
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      return failed({195, 15, 5, "'" + name + "' is not a recognized SET option.", {}, 0});
    }
  }
  return Flow::next;
}

Outcome Interpreter::on(const ast::BeginTransaction& node) {
  begin_transaction(session_, node.name, exec_.sink);
  return Flow::next;
}
Outcome Interpreter::on(const ast::Commit&) {
  return settle(commit_transaction(session_, exec_.gate, exec_.broken, exec_.sink));
}
Outcome Interpreter::on(const ast::Rollback& node) {
  return settle(rollback_transaction(session_, node.savepoint, exec_.sink));
}
Outcome Interpreter::on(const ast::Save& node) { return settle(save_transaction(session_, node.savepoint)); }

Outcome Interpreter::on(const ast::Throw& node) {
  if (node.args.empty()) {
    if (exec_.handled.empty()) {
      return failed({10704,
                     15,
                     1,
                     "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the "
                     "THROW statement inside a CATCH block, or add error parameters to the THROW statement.",
                     {},
                     0});
    }
    Raised again = exec_.handled.back();
    again.reach = Reach::batch;
    return tl::unexpected<Raised>(std::move(again));
  }
  std::vector<TypedValue> args;
  for (const ExprPtr& expr : node.args) {
    auto value = evaluate(*expr);
    if (!value) return failed(value.error());
    args.push_back(std::move(*value));
  }
  const std::int64_t number = as_integer(args[0].value);
  if (number < 50000 || number > 2147483647) {
    return failed({35100,
                   16,
                   10,
                   "Error number " + std::to_string(number) +
                       " in the THROW statement is outside the valid range. Specify an error number in the "
                       "valid range of 50000 to 2147483647.",
                   {},
                   0});
  }
  SqlError error{static_cast<int>(number),
                 16,
                 static_cast<int>(as_integer(args[2].value)),
                 to_text(args[1].value, args[1].type),
                 {},
                 line_};
  return tl::unexpected<Raised>(Raised{{std::move(error)}, Reach::batch, false, false});
}

Outcome Interpreter::on(const ast::RaiseError& node) {
  std::vector<TypedValue> args;
  for (const ExprPtr& expr : node.args) {
    auto value = evaluate(*expr);
    if (!value) return failed(value.error());
    args.push_back(std::move(*value));
  }
  const auto severity = static_cast<int>(std::clamp<std::int64_t>(as_integer(args[1].value), 0, 25));
  const auto state = static_cast<int>(std::clamp<std::int64_t>(as_integer(args[2].value), 0, 255));
  if (severity > 18 && !(node.log && session_.login.sysadmin)) {
    return failed({2754,
                   16,
                   1,
                   "Error severity levels greater than 18 can only be specified by members of the sysadmin "
                   "role, using the WITH LOG option.",
                   {},
                   0});
  }
  if (is_number(args[0].type.kind)) {
    return failed(
        {18054,
         16,
         1,
         "Error " + std::to_string(as_integer(args[0].value)) + ", severity " + std::to_string(severity) +
             ", state " + std::to_string(state) +
             " was raised, but no message with that error number was found in sys.messages. If error is "
             "larger than 50000, make sure the user-defined message is added using sp_addmessage.",
         {},
         0});
  }
  std::vector<Value> values;
  for (std::size_t i = 3; i < args.size(); ++i) values.push_back(args[i].value);
  SqlError error{50000, severity, state, format_message(as_text(args[0].value), values), {}, line_};
  if (severity <= 10) {
    exec_.sink.message(error);
    return Flow::next;
  }
  if (severity >= 20) {  // the connection ends
    exec_.sink.message(error);
    abandon_transaction(session_, nullptr);
    exec_.broken = true;
    return Flow::end_batch;
  }
  return tl::unexpected<Raised>(Raised{{std::move(error)}, Reach::statement, false, true});
}

Outcome Interpreter::on(const ast::Print& node) {
  const auto value = evaluate(*node.value);
  if (!value) return failed(value.error());
  const std::string text = to_text(value->value, value->type);
  exec_.sink.message({0, 0, 1, text.empty() ? " " : text, {}, line_});
  return Flow::next;
}

Outcome Interpreter::on(const ast::ExecuteText& node) {
  const auto text = evaluate(*node.text);
  if (!text) return failed(text.error());
  Variables none;
  return run_scope(exec_, to_text(text->value, text->type), none);
}

Outcome Interpreter::on(const ast::ExecuteProcedure& node) {
  std::vector<ProcedureArgument> args;
  for (const ast::Argument& argument : node.args) {
    ProcedureArgument one{argument.name, {}, argument.value != nullptr, argument.output};
    if (argument.value) {
      const auto value = evaluate(*argument.value);
      if (!value) return failed(value.error());
      one.value = *value;
    }
    args.push_back(std::move(one));
  }
  ProcedureResult result = run_procedure(exec_, node.name, args);
  if (!result.outcome) return result.outcome;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!args[i].output || !node.args[i].value || node.args[i].value->kind != ExprKind::variable) continue;
    if (auto error = assign(node.args[i].value->name, args[i].value)) return failed(*error);
  }
  if (!node.return_variable.empty()) {
    if (auto error = assign(node.return_variable, {integer(), Value{result.return_value}}))
      return failed(*error);
  }
  return result.outcome;
}

Outcome Interpreter::on(const ast::Use& node) {
  const auto database = session_.server.find_database(node.database);
  if (!database) {
    return failed(
        {911,
         16,
         1,
         "Database '" + node.database + "' does not exist. Make sure that the name is entered correctly.",
         {},
         0});
  }
  const std::string before = session_.database;
  session_.database = database->name;
  session_.server.set_session_database(session_.id, database->name);
  exec_.sink.database_changed(before, database->name);
  return Flow::next;
}

Outcome Interpreter::on(const ast::WaitFor& node) {
  const auto delay = evaluate(*node.delay);
  if (!delay) return failed(delay.error());
  const auto until = convert(delay->value, delay->type, type_of(SqlKind::time));
  if (!until)
    return failed({148,
                   15,
                   1,
                   "Incorrect time syntax in time string '" + as_text(delay->value) + "' used with WAITFOR.",
                   {},
                   0});
  session_.server.clock().sleep_for(Duration{as_integer(*until) / kTicksPerMs}, session_.stop.get());
  return Flow::next;
}

Outcome Interpreter::on(const ast::CredentialDdl& node) {
  using Verb = ast::DdlVerb;
  const bool system = node.name.starts_with("##");
  const bool allowed = session_.login.may(system ? "CONTROL SERVER" : "ALTER ANY CREDENTIAL");
  if (!allowed) {
    if (node.verb == Verb::create) return failed(errors::no_permission());
    return failed(errors::credential_missing(node.verb == Verb::alter ? "alter" : "drop", node.name));
  }
  if (session_.implicit_transactions && session_.transaction_depth == 0)
    begin_transaction(session_, {}, exec_.sink);
  const TimePoint now = to_time_point(to_ticks(session_.server.clock().now()));
  auto error = write_credentials(session_, [&](CredentialTable& table) -> MaybeError {
    if (node.verb == Verb::create) return table.create(node.name, node.identity, node.secret, now);
    if (node.verb == Verb::alter) return table.alter(node.name, node.identity, node.secret, now);
    return table.drop(node.name);
  });
  if (error) return failed(*error);
  exec_.sink.done(false, std::nullopt);
  return Flow::next;
}

SqlResult<std::vector<std::string>> Interpreter::texts(const std::vector<ExprPtr>& exprs) {
  std::vector<std::string> result;
  for (const ExprPtr& expr : exprs) {
    const auto value = evaluate(*expr);
    if (!value) return raise(value.error());
    result.push_back(to_text(value->value, value->type));
  }
  return result;
}

MaybeError Interpreter::read_options(const std::vector<ast::BackupOption>& options, BackupPlan& plan) {
  for (const ast::BackupOption& option : options) {
    std::string text;
    if (option.value) {
      const auto value = evaluate(*option.value);
      if (!value) return value.error();
      text = to_text(value->value, value->type);
    }
    if (auto error = set_backup_option(plan, option.name, text)) return error;
  }
  return std::nullopt;
}

SqlResult<BackupPlan> Interpreter::plan(const ast::Backup& node) {
  BackupPlan result;
  result.log = node.log;
  result.to_disk = node.to_disk;
  result.database = node.database;
  if (node.database_variable) {
    const auto value = evaluate(*node.database_variable);
    if (!value) return raise(value.error());
    result.database = to_text(value->value, value->type);
  }
  auto urls = texts(node.urls);
  if (!urls) return raise(urls.error());
  result.urls = std::move(*urls);
  if (auto error = read_options(node.options, result)) return raise(*error);
  return result;
}

Outcome Interpreter::on(const ast::Backup& node) {
  auto planned = plan(node);
  if (!planned) return failed(planned.error());
  std::vector<SqlError> problems = run_backup(session_, *planned, exec_.sink);
  if (!problems.empty())
    return tl::unexpected<Raised>(Raised{std::move(problems), Reach::statement, false, false});
  exec_.sink.done(false, std::nullopt);
  return Flow::next;
}

Outcome Interpreter::on(const ast::Restore& node) {
  BackupPlan planned;
  auto urls = texts(node.urls);
  if (!urls) return failed(urls.error());
  planned.urls = std::move(*urls);
  if (auto error = read_options(node.options, planned)) return failed(*error);
  std::vector<SqlError> problems = run_restore(session_, node.what, planned, exec_.sink);
  if (!problems.empty())
    return tl::unexpected<Raised>(Raised{std::move(problems), Reach::statement, false, false});
  return Flow::next;
}

}  // namespace keyturn::sim
