#include "sim/tsql_parse_statement.h"

namespace keyturn::sim {

template <class Body>
StatementPtr StatementParser::make(Body body, int at_line) {
  auto result = std::make_shared<TsqlStatement>();
  result->line = at_line;
  result->body = std::move(body);
  return result;
}

Block StatementParser::batch() {
  Block block;
  while (accept_symbol(";")) {
  }
  // Only the first statement of a batch may call a procedure without EXEC.
  const bool bare_call = is_name() && !is_word("THROW");
  if (bare_call) block.push_back(make(procedure({}), line()));
  while (true) {
    while (accept_symbol(";")) {
    }
    if (at_end()) return block;
    block.push_back(statement());
  }
}

std::vector<ParameterDeclaration> StatementParser::parameters() {
  std::vector<ParameterDeclaration> all;
  while (!at_end()) {
    if (!all.empty()) expect_symbol(",");
    if (peek().kind != TokenKind::variable) fail_here();
    ParameterDeclaration parameter;
    parameter.name = fold_name(take().text);
    accept_word("AS");
    parameter.type = type();
    parameter.output = accept_word("OUTPUT") || accept_word("OUT");
    all.push_back(std::move(parameter));
  }
  return all;
}

StatementPtr StatementParser::statement() {
  const Nesting nesting(*this);
  StatementPtr result = dispatch(line());
  while (accept_symbol(";")) {
  }
  return result;
}

StatementPtr StatementParser::dispatch(int at) {
  if (is_word("SELECT") || (is_word("WITH") && !is_symbol("(", 1)) || is_symbol("(")) {
    return make(ast::Query{select()}, at);
  }
  if (accept_word("SET")) return set_statement(at);
  if (accept_word("DECLARE")) return make(declare(), at);
  if (accept_word("IF")) return make(if_statement(), at);
  if (accept_word("WHILE")) {
    ExprPtr test = condition();
    return make(ast::While{test, statement()}, at);
  }
  if (accept_word("BEGIN")) return begin(at);
  if (accept_word("COMMIT")) return transaction_name(), make(ast::Commit{}, at);
  if (accept_word("ROLLBACK")) return make(ast::Rollback{transaction_name()}, at);
  if (accept_word("SAVE")) return make(ast::Save{transaction_name()}, at);
  if (accept_word("THROW")) return make(throw_statement(), at);
  if (accept_word("RAISERROR")) return make(raise_error(), at);
  if (accept_word("PRINT")) return make(ast::Print{expression()}, at);
  if (accept_word("EXEC") || accept_word("EXECUTE")) return execute(at);
  if (accept_word("RETURN")) {
    const bool value = peek().kind == TokenKind::number || peek().kind == TokenKind::variable ||
                       is_symbol("(") || is_symbol("-");
    return make(ast::Return{value ? expression() : nullptr}, at);
  }
  if (accept_word("USE")) return make(ast::Use{take_name()}, at);
  if (accept_word("BREAK")) return make(ast::Break{}, at);
  if (accept_word("CONTINUE")) return make(ast::Continue{}, at);
  if (accept_word("WAITFOR")) {
    expect_word("DELAY");
    return make(ast::WaitFor{expression()}, at);
  }
  if (accept_word("BACKUP")) return make(backup(), at);
  if (accept_word("RESTORE")) return make(restore(), at);
  using Grant = ast::ServerPermission::Verb;
  for (const auto& [word, verb] :
       {std::pair{"GRANT", Grant::grant}, {"REVOKE", Grant::revoke}, {"DENY", Grant::deny}})
    if (accept_word(word)) return make(server_permission(verb), at);
  return ddl(at);
}

StatementPtr StatementParser::ddl(int at) {
  using Verb = ast::DdlVerb;
  for (const auto& [word, verb] :
       {std::pair{"CREATE", Verb::create}, {"ALTER", Verb::alter}, {"DROP", Verb::drop}}) {
    if (!accept_word(word)) continue;
    if (accept_word("LOGIN")) return make(login(verb), at);
    if (verb != Verb::alter && accept_word("USER")) return make(user(verb), at);
    if (verb == Verb::alter && accept_word("ROLE")) return make(role_member(), at);
    expect_word("CREDENTIAL");
    return make(credential(verb), at);
  }
  fail_here();
}

StatementPtr StatementParser::set_statement(int at) {
  if (peek().kind != TokenKind::variable) return set_option(at);
  const std::string name = take_variable();
  for (const char* op : {"+=", "-=", "*=", "/=", "%="}) {
    if (!accept_symbol(op)) continue;
    auto left = std::make_shared<Expr>();
    left->kind = ExprKind::variable;
    left->name = name;
    auto sum = std::make_shared<Expr>();
    sum->kind = ExprKind::arithmetic;
    sum->name = std::string(1, *op);
    sum->args = {left, expression()};
    return make(ast::Assign{name, sum}, at);
  }
  expect_symbol("=");
  return make(ast::Assign{name, expression()}, at);
}

StatementPtr StatementParser::set_option(int at) {
  ast::SetOption option;
  if (peek().kind != TokenKind::word) fail_here();
  if (accept_word("TRANSACTION")) {
    expect_word("ISOLATION");
    expect_word("LEVEL");
    option.name = "transaction isolation level";
  } else {
    option.name = fold_name(take().text);
    if (option.name == "statistics") option.name += " " + fold_name(take().text);
    while (accept_symbol(","))
      option.name += "," + fold_name(take().text);  // SET ANSI_NULLS, ANSI_PADDING ON
  }
  accept_symbol("-");  // SET LOCK_TIMEOUT -1
  if (at_end() || peek().kind == TokenKind::symbol) fail_here();
  option.value = fold_name(take().text);
  const bool two_words = option.value == "read" || option.value == "repeatable";
  if (option.name == "transaction isolation level" && two_words) option.value += " " + fold_name(take().text);
  return make(std::move(option), at);
}

ast::DeclareAll StatementParser::declare() {
  ast::DeclareAll all;
  do {
    if (peek().kind != TokenKind::variable) fail_here();
    const Token& token = take();
    ast::Declare one;
    one.name = fold_name(token.text);
    accept_word("AS");
    one.type = type();
    if (!variables_.emplace(one.name, one.type).second)
      fail(errors::duplicate_variable(token.text), token.line);
    if (accept_symbol("=")) one.value = expression();
    all.variables.push_back(std::move(one));
  } while (accept_symbol(","));
  return all;
}

ast::If StatementParser::if_statement() {
  ast::If result;
  result.condition = condition();
  result.then = statement();
  if (accept_word("ELSE")) result.otherwise = statement();
  return result;
}

Block StatementParser::statements_until_end() {
  Block block;
  while (!is_word("END")) {
    if (accept_symbol(";")) continue;
    if (at_end()) fail_here();
    block.push_back(statement());
  }
  return block;
}

StatementPtr StatementParser::begin(int at) {
  if (is_word("TRAN") || is_word("TRANSACTION")) return make(ast::BeginTransaction{transaction_name()}, at);
  if (accept_word("TRY")) return make(try_catch(), at);
  ast::Compound compound{statements_until_end()};
  if (compound.statements.empty()) fail_here();
  expect_word("END");
  return make(std::move(compound), at);
}

ast::TryCatch StatementParser::try_catch() {
  ast::TryCatch result;
  result.attempt = statements_until_end();
  expect_word("END");
  expect_word("TRY");
  accept_symbol(";");
  expect_word("BEGIN");
  expect_word("CATCH");
  result.handler = statements_until_end();
  expect_word("END");
  expect_word("CATCH");
  return result;
}

std::string StatementParser::transaction_name() {
  if (!accept_word("TRAN") && !accept_word("TRANSACTION") && !accept_word("WORK")) return {};
  std::string name;
  if (peek().kind == TokenKind::variable) {
    name = take_variable();
  } else if (is_name() && !is_word("THROW")) {
    name = take_name();
  }
  if (is_word("WITH") && is_word("MARK", 1)) {
    take();
    take();
    if (peek().kind == TokenKind::string) take();
  }
  return name;
}

ast::Throw StatementParser::throw_statement() {
  ast::Throw result;
  if (peek().kind != TokenKind::number && peek().kind != TokenKind::variable) return result;
  result.args.push_back(expression());
  for (int i = 0; i < 2; ++i) {
    expect_symbol(",");
    result.args.push_back(expression());
  }
  return result;
}

ast::RaiseError StatementParser::raise_error() {
  ast::RaiseError result;
  expect_symbol("(");
  do result.args.push_back(expression());
  while (accept_symbol(","));
  expect_symbol(")");
  if (result.args.size() < 3) fail_here();
  if (accept_word("WITH")) {
    do {
      if (same_name(peek().text, "LOG")) result.log = true;
      take_name();
    } while (accept_symbol(","));
  }
  return result;
}

StatementPtr StatementParser::execute(int at) {
  if (accept_symbol("(")) {
    ast::ExecuteText text{expression()};
    expect_symbol(")");
    return make(std::move(text), at);
  }
  std::string return_variable;
  if (peek().kind == TokenKind::variable && is_symbol("=", 1)) {
    return_variable = take_variable();
    take();
  }
  return make(procedure(std::move(return_variable)), at);
}

ast::ExecuteProcedure StatementParser::procedure(std::string return_variable) {
  ast::ExecuteProcedure call;
  call.return_variable = std::move(return_variable);
  call.name = object_name();
  const auto starts_argument = [&] {
    const TokenKind kind = peek().kind;
    return kind == TokenKind::variable || kind == TokenKind::global || kind == TokenKind::string ||
           kind == TokenKind::number || kind == TokenKind::binary || is_symbol("-") || is_word("NULL") ||
           is_word("DEFAULT") || (is_name() && !is_word("THROW"));
  };
  if (!starts_argument()) return call;
  do call.args.push_back(argument());
  while (accept_symbol(","));
  return call;
}

ast::Argument StatementParser::argument() {
  ast::Argument result;
  if (peek().kind == TokenKind::variable && is_symbol("=", 1)) {
    result.name = fold_name(take().text);
    take();
  }
  if (accept_word("DEFAULT")) return result;
  if (peek().kind == TokenKind::word && is_name()) {  // a bare word is a string: EXEC p Exclusive
    auto literal = std::make_shared<Expr>();
    literal->value = take().text;
    literal->type = nvarchar(128);
    result.value = literal;
    return result;
  }
  const int at = line();
  result.value = expression();
  // The grammar takes constants and variables only.
  const ExprKind kind = result.value->kind;
  if (kind != ExprKind::literal && kind != ExprKind::variable && kind != ExprKind::global &&
      kind != ExprKind::negate) {
    fail(errors::syntax_near(kind == ExprKind::arithmetic ? result.value->name : "("), at);
  }
  result.output = accept_word("OUTPUT") || accept_word("OUT");
  return result;
}

std::string StatementParser::string_literal() {
  if (peek().kind != TokenKind::string) fail_here();
  return take().text;
}

ast::CredentialDdl StatementParser::credential(ast::DdlVerb verb) {
  ast::CredentialDdl result;
  result.verb = verb;
  result.name = take_name();
  if (to_utf16(result.name).size() > 128) {
    fail({103,
          15,
          4,
          "The identifier that starts with '" + result.name.substr(0, 128) +
              "' is too long. Maximum length is 128.",
          {},
          0});
  }
  if (verb == ast::DdlVerb::drop) return result;
  expect_word("WITH");
  const Token identity = peek();
  expect_word("IDENTITY");
  expect_symbol("=");
  result.identity = string_literal();
  if (result.identity.empty()) fail(errors::syntax_near("IDENTITY"), identity.line);
  if (accept_symbol(",")) {
    expect_word("SECRET");
    expect_symbol("=");
    result.secret = SecretString(string_literal());
  }
  return result;
}

void StatementParser::devices(std::vector<ExprPtr>& urls, bool* to_disk) {
  do {
    if (to_disk != nullptr && accept_word("DISK")) {
      *to_disk = true;
    } else {
      expect_word("URL");
    }
    expect_symbol("=");
    if (peek().kind != TokenKind::string && peek().kind != TokenKind::variable) fail_here();
    urls.push_back(expression());
  } while (accept_symbol(","));
}

std::vector<ast::BackupOption> StatementParser::backup_options() {
  std::vector<ast::BackupOption> options;
  if (!accept_word("WITH")) return options;
  do {
    ast::BackupOption option;
    if (peek().kind != TokenKind::word) fail_here();
    option.name = fold_name(take().text);
    if (accept_symbol("=")) option.value = expression();
    options.push_back(std::move(option));
  } while (accept_symbol(","));
  return options;
}

ast::Backup StatementParser::backup() {
  ast::Backup result;
  result.log = accept_word("LOG");
  if (!result.log) expect_word("DATABASE");
  if (peek().kind == TokenKind::variable) {
    result.database_variable = expression();
  } else {
    result.database = take_name();
  }
  expect_word("TO");
  devices(result.urls, &result.to_disk);
  result.options = backup_options();
  return result;
}

ast::Restore StatementParser::restore() {
  ast::Restore result;
  for (const char* what : {"VERIFYONLY", "HEADERONLY", "FILELISTONLY", "LABELONLY"})
    if (accept_word(what)) result.what = what;
  if (result.what.empty()) fail_here();
  expect_word("FROM");
  devices(result.urls, nullptr);
  result.options = backup_options();
  return result;
}

SqlResult<ParsedBatch> parse_batch(std::string_view text, VariableTypes variables) {
  auto tokens = tokenize(text);
  if (!tokens) return raise(tokens.error());
  try {
    StatementParser parser(std::move(*tokens), std::move(variables));
    Block statements = parser.batch();
    return ParsedBatch{std::move(statements), parser.variables()};
  } catch (const ParseFailure& failure) {
    return raise(failure.error);
  }
}

SqlResult<std::vector<ParameterDeclaration>> parse_parameters(std::string_view text) {
  auto tokens = tokenize(text);
  if (!tokens) return raise(tokens.error());
  try {
    return StatementParser(std::move(*tokens), {}).parameters();
  } catch (const ParseFailure& failure) {
    return raise(failure.error);
  }
}

}  // namespace keyturn::sim
