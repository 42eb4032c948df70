// Control flow, variables, and where errors go.
#include "sim/tsql_interpreter.h"

namespace keyturn::sim {

tl::unexpected<Raised> Interpreter::failed(SqlError error) {
  const Reach reach = reach_of(error);
  return tl::unexpected<Raised>(Raised{{std::move(error)}, reach, reach == Reach::batch, false});
}

Outcome Interpreter::settle(MaybeError error) {
  if (error) return failed(std::move(*error));
  return Flow::next;
}

Outcome Interpreter::run(const Block& block) {
  for (const StatementPtr& statement : block) {
    if (session_.stopped() || exec_.broken) return Flow::end_batch;
    Outcome outcome = execute(*statement);
    if (exec_.broken) return Flow::end_batch;
    if (!outcome) {
      Raised& raised = outcome.error();
      if (raised.errors.back().number == 0) return Flow::end_batch;  // cancelled
      for (SqlError& error : raised.errors)
        if (error.line == 0) error.line = line_;
      session_.last_error = raised.errors.back().number;
      if (exec_.catching > 0 || raised.reach == Reach::scope) return outcome;
      outcome = report(raised);
    }
    if (*outcome != Flow::next) return outcome;
  }
  return Flow::next;
}

Outcome Interpreter::execute(const TsqlStatement& statement) {
  line_ = statement.line;
  return std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        constexpr bool kCompound = std::is_same_v<Node, ast::If> || std::is_same_v<Node, ast::While> ||
                                   std::is_same_v<Node, ast::Compound> || std::is_same_v<Node, ast::TryCatch>;
        Outcome outcome = on(node);
        if (outcome && !kCompound) session_.last_error = 0;
        return outcome;
      },
      statement.body);
}

// Nobody catches it: the client hears of it, and the batch goes on or ends.
Outcome Interpreter::report(const Raised& raised) {
  for (const SqlError& error : raised.errors) exec_.sink.message(error);
  exec_.sink.done(true, std::nullopt);
  const bool aborts = session_.xact_abort && !raised.from_raiserror;
  if (raised.dooms || aborts) abandon_transaction(session_, &exec_.sink);
  return raised.reach == Reach::statement && !aborts ? Flow::next : Flow::end_batch;
}

SqlResult<TypedValue> Interpreter::evaluate(const Expr& expr) {
  // Constants and variables need no engine.
  if (expr.kind == ExprKind::literal) return TypedValue{expr.type, expr.value};
  if (expr.kind == ExprKind::variable) {
    const auto it = variables_.find(expr.name);
    if (it != variables_.end()) return it->second;
  }
  auto query = translate(expr, session_, variables_);
  if (!query) return raise(query.error());
  TypedValue result{query->columns[0].type, {}};
  if (auto error = exec_.evaluator.run(*query, [&](const Row& row) { result.value = row[0]; }))
    return raise(*error);
  return result;
}

SqlResult<bool> Interpreter::test(const Expr& condition) {
  const auto value = evaluate(condition);
  if (!value) return raise(value.error());
  return as_integer(value->value) != 0;  // NULL is not true
}

MaybeError Interpreter::assign(const std::string& name, const TypedValue& value) {
  const auto it = variables_.find(name);
  if (it == variables_.end()) return errors::undeclared_variable(name);
  auto converted = convert(value.value, value.type, it->second.type);
  if (!converted) return converted.error();
  it->second.value = std::move(*converted);
  return std::nullopt;
}

Outcome Interpreter::on(const ast::DeclareAll& node) {
  for (const ast::Declare& one : node.variables) {
    if (!one.value) continue;
    const auto value = evaluate(*one.value);
    if (!value) return failed(value.error());
    if (auto error = assign(one.name, *value)) return failed(*error);
  }
  return Flow::next;
}

Outcome Interpreter::on(const ast::Assign& node) {
  const auto value = evaluate(*node.value);
  if (!value) return failed(value.error());
  session_.row_count = 1;
  return settle(assign(node.name, *value));
}

Outcome Interpreter::on(const ast::If& node) {
  const auto holds = test(*node.condition);
  if (!holds) return failed(holds.error());
  session_.last_error = 0;
  if (*holds) return run({node.then});
  return node.otherwise ? run({node.otherwise}) : Outcome(Flow::next);
}

Outcome Interpreter::on(const ast::While& node) {
  while (!session_.stopped()) {
    const auto holds = test(*node.condition);
    if (!holds) return failed(holds.error());
    if (!*holds) break;
    Outcome outcome = run({node.body});
    if (!outcome || *outcome == Flow::return_scope || *outcome == Flow::end_batch) return outcome;
    if (*outcome == Flow::break_loop) break;
  }
  return Flow::next;
}

Outcome Interpreter::on(const ast::Compound& node) { return run(node.statements); }
Outcome Interpreter::on(const ast::Break&) { return Flow::break_loop; }
Outcome Interpreter::on(const ast::Continue&) { return Flow::continue_loop; }

Outcome Interpreter::on(const ast::Return& node) {
  if (node.value) {
    const auto value = evaluate(*node.value);
    if (!value) return failed(value.error());
    return_value_ = as_integer(value->value);
  }
  return Flow::return_scope;
}

Outcome Interpreter::on(const ast::TryCatch& node) {
  ++exec_.catching;
  Outcome outcome = run(node.attempt);
  --exec_.catching;
  if (outcome || outcome.error().reach == Reach::scope) return outcome;
  const Raised raised = outcome.error();
  if (session_.transaction_depth > 0 && (session_.xact_abort || raised.dooms)) session_.doomed = true;
  exec_.handled.push_back(raised);
  session_.caught.push_back(raised.errors.back());
  Outcome handled = run(node.handler);
  exec_.handled.pop_back();
  session_.caught.pop_back();
  return handled;
}

Outcome run_scope(Execution& execution, const std::string& text, Variables& variables) {
  constexpr int kMaxNesting = 32;
  SessionState& session = execution.session;
  const auto fail = [](SqlError error) {
    return tl::unexpected<Raised>(Raised{{std::move(error)}, Reach::statement, false, false});
  };
  if (session.nesting >= kMaxNesting) {
    return fail({217,
                 16,
                 1,
                 "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).",
                 {},
                 0});
  }
  VariableTypes types;
  for (const auto& [name, value] : variables) types[name] = value.type;
  auto parsed = parse_batch(text, types);
  if (!parsed) return fail(parsed.error());
  Variables all = variables;
  for (const auto& [name, type] : parsed->variables) all.try_emplace(name, TypedValue{type, {}});

  const int depth_before = session.transaction_depth;
  const bool xact_abort = session.xact_abort;  // SET inside lasts until the scope ends
  const bool no_count = session.no_count;
  Interpreter inner(execution, std::move(all));
  ++session.nesting;
  Outcome outcome = inner.run(parsed->statements);
  --session.nesting;
  session.xact_abort = xact_abort;
  session.no_count = no_count;
  for (auto& [name, value] : variables) value = inner.variables()[name];
  if (!outcome) {
    if (outcome.error().reach == Reach::scope) outcome.error().reach = Reach::statement;
    return outcome;
  }
  if (*outcome == Flow::end_batch) return outcome;
  if (session.transaction_depth != depth_before) {
    return fail({266,
                 16,
                 2,
                 "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT "
                 "statements. Previous count = " +
                     std::to_string(depth_before) +
                     ", current count = " + std::to_string(session.transaction_depth) + ".",
                 {},
                 0});
  }
  return Flow::next;
}

}  // namespace keyturn::sim
