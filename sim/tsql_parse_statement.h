// Statements.
#pragma once

#include "sim/tsql_parse_expression.h"

namespace keyturn::sim {

class StatementParser : public ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  Block batch();
  std::vector<ParameterDeclaration> parameters();
  [[nodiscard]] const VariableTypes& variables() const { return variables_; }

 private:
  StatementPtr statement();
  Block statements_until_end();
  template <class Body>
  StatementPtr make(Body body, int at_line);
  StatementPtr dispatch(int at);
  StatementPtr set_statement(int at);
  StatementPtr set_option(int at);
  ast::DeclareAll declare();
  StatementPtr begin(int at);
  ast::TryCatch try_catch();
  ast::If if_statement();
  ast::RaiseError raise_error();
  ast::Throw throw_statement();
  StatementPtr execute(int at);
  ast::ExecuteProcedure procedure(std::string return_variable);
  ast::Argument argument();
  StatementPtr ddl(int at);
  ast::CredentialDdl credential(ast::DdlVerb verb);
  ast::LoginDdl login(ast::DdlVerb verb);
  ast::UserDdl user(ast::DdlVerb verb);
  ast::RoleMember role_member();
  void login_options(ast::LoginDdl& login);
  void login_option(ast::LoginDdl& login);
  void login_password(ast::LoginDdl& login);
  ast::ServerPermission server_permission(ast::ServerPermission::Verb verb);
  bool on_or_off();
  ast::Backup backup();
  ast::Restore restore();
  void devices(std::vector<ExprPtr>& urls, bool* to_disk);
  std::vector<ast::BackupOption> backup_options();
  std::string transaction_name();
  std::string string_literal();
};

}  // namespace keyturn::sim
