// Executes one scope: a batch, or the text of an EXEC in it.
#pragma once

#include <string>
#include <vector>

#include "sim/sql_backup.h"
#include "sim/tsql_evaluator.h"
#include "sim/tsql_parser.h"
#include "sim/tsql_result.h"
#include "sim/tsql_transaction.h"

namespace keyturn::sim {

// An error on its way to whoever catches it. BACKUP raises two at once: 3201 and 3013.
struct Raised {
  std::vector<SqlError> errors;  // the last is what ERROR_NUMBER() tells
  Reach reach = Reach::statement;
  bool dooms = false;  // the transaction, where a TRY catches it
  bool from_raiserror = false;
};

enum class Flow { next, break_loop, continue_loop, return_scope, end_batch };
using Outcome = tl::expected<Flow, Raised>;

// What the scopes of one batch share.
struct Execution {
  SessionState& session;
  Evaluator& evaluator;
  ResultSink& sink;
  const CommitGate& gate;
  int catching = 0;             // TRY blocks around the statement that runs, in any scope
  std::vector<Raised> handled;  // by the CATCH blocks that run now
  bool broken = false;          // the connection is to end
};

class Interpreter {
 public:
  Interpreter(Execution& execution, Variables variables)
      : exec_(execution), session_(execution.session), variables_(std::move(variables)) {}

  Outcome run(const Block& block);
  [[nodiscard]] Variables& variables() { return variables_; }
  [[nodiscard]] std::int64_t return_value() const { return return_value_; }

 private:
  Outcome execute(const TsqlStatement& statement);
  Outcome report(const Raised& raised);
  static tl::unexpected<Raised> failed(SqlError error);

  SqlResult<TypedValue> evaluate(const Expr& expr);
  SqlResult<bool> test(const Expr& condition);
  MaybeError assign(const std::string& name, const TypedValue& value);
  Outcome settle(MaybeError error);

  Outcome on(const ast::DeclareAll& node);
  Outcome on(const ast::Assign& node);
  Outcome on(const ast::SetOption& node);
  Outcome on(const ast::Query& node);
  Outcome on(const ast::If& node);
  Outcome on(const ast::While& node);
  Outcome on(const ast::Compound& node);
  Outcome on(const ast::TryCatch& node);
  Outcome on(const ast::BeginTransaction& node);
  Outcome on(const ast::Commit& node);
  Outcome on(const ast::Rollback& node);
  Outcome on(const ast::Save& node);
  Outcome on(const ast::Throw& node);
  Outcome on(const ast::RaiseError& node);
  Outcome on(const ast::Print& node);
  Outcome on(const ast::ExecuteText& node);
  Outcome on(const ast::ExecuteProcedure& node);
  Outcome on(const ast::Return& node);
  Outcome on(const ast::Use& node);
  Outcome on(const ast::Break& node);
  Outcome on(const ast::Continue& node);
  Outcome on(const ast::WaitFor& node);
  Outcome on(const ast::CredentialDdl& node);
  Outcome on(const ast::LoginDdl& node);
  Outcome on(const ast::UserDdl& node);
  Outcome on(const ast::RoleMember& node);
  Outcome on(const ast::ServerPermission& node);
  Outcome on(const ast::Backup& node);
  Outcome on(const ast::Restore& node);

  Outcome assign_from_query(const Select& select);
  SqlResult<BackupPlan> plan(const ast::Backup& node);
  MaybeError read_options(const std::vector<ast::BackupOption>& options, BackupPlan& plan);
  SqlResult<std::vector<std::string>> texts(const std::vector<ExprPtr>& exprs);

  Execution& exec_;
  SessionState& session_;
  Variables variables_;
  int line_ = 1;
  std::int64_t return_value_ = 0;
};

// Runs `text` in a scope of its own, as EXEC and sp_executesql do; `variables` are its parameters and come
// back changed.
Outcome run_scope(Execution& execution, const std::string& text, Variables& variables);

struct ProcedureArgument {
  std::string name;  // folded, or empty: by position
  TypedValue value;
  bool given = true;  // false: DEFAULT
  bool output = false;
};
// A system procedure. Output arguments come back changed. 2812 for a name that there is none of.
struct ProcedureResult {
  Outcome outcome = Flow::next;
  std::int64_t return_value = 0;
};
ProcedureResult run_procedure(Execution& execution, const ObjectName& name,
                              std::vector<ProcedureArgument>& args);

}  // namespace keyturn::sim
