// CREATE, ALTER and DROP LOGIN; GRANT, REVOKE and DENY of server permissions.
#include <cctype>

#include "sim/tsql_parse_statement.h"

namespace keyturn::sim {

ast::LoginDdl StatementParser::login(ast::DdlVerb verb) {
  ast::LoginDdl result;
  result.verb = verb;
  result.name = take_name();
  if (verb == ast::DdlVerb::drop) return result;
  if (verb == ast::DdlVerb::create && accept_word("FROM")) {
    expect_word("WINDOWS");
    result.from_windows = true;
    if (accept_word("WITH")) login_options(result);
    return result;
  }
  if (verb == ast::DdlVerb::alter && (is_word("ENABLE") || is_word("DISABLE"))) {
    result.enabled = same_name(take().text, "ENABLE");
    return result;
  }
  expect_word("WITH");
  if (verb == ast::DdlVerb::create && !is_word("PASSWORD")) fail_here();
  login_options(result);
  return result;
}

void StatementParser::login_options(ast::LoginDdl& login) {
  do login_option(login);
  while (accept_symbol(","));
}

void StatementParser::login_option(ast::LoginDdl& login) {
  if (accept_word("PASSWORD")) return login_password(login);
  if (accept_word("SID")) {
    expect_symbol("=");
    if (login.verb != ast::DdlVerb::create || peek().kind != TokenKind::binary) fail_here();
    login.sid = take().text;
  } else if (accept_word("DEFAULT_DATABASE")) {
    expect_symbol("=");
    login.default_database = take_name();
  } else if (accept_word("DEFAULT_LANGUAGE")) {
    expect_symbol("=");
    take_name();
  } else if (accept_word("CHECK_POLICY")) {
    login.check_policy = on_or_off();
  } else if (accept_word("CHECK_EXPIRATION")) {
    on_or_off();
  } else {
    fail_here();
  }
}

// PASSWORD = 'text' [OLD_PASSWORD = 'text'] [MUST_CHANGE] [UNLOCK], or PASSWORD = 0x… HASHED.
void StatementParser::login_password(ast::LoginDdl& login) {
  expect_symbol("=");
  if (peek().kind == TokenKind::binary) {
    login.password = SecretString(take().text);
    login.hashed = true;
    expect_word("HASHED");
    return;
  }
  login.password = SecretString(string_literal());
  if (accept_word("OLD_PASSWORD")) {
    if (login.verb != ast::DdlVerb::alter) fail_here();
    expect_symbol("=");
    login.old_password = SecretString(string_literal());
  }
  accept_word("MUST_CHANGE");
  login.unlock = accept_word("UNLOCK");
}

bool StatementParser::on_or_off() {
  expect_symbol("=");
  if (!is_word("ON") && !is_word("OFF")) fail_here();
  return same_name(take().text, "ON");
}

ast::UserDdl StatementParser::user(ast::DdlVerb verb) {
  ast::UserDdl result{verb, take_name()};
  if (verb == ast::DdlVerb::drop) return result;
  expect_word("FOR");
  expect_word("LOGIN");
  if (!same_name(take_name(), result.name)) fail_here();
  return result;
}

ast::RoleMember StatementParser::role_member() {
  ast::RoleMember result;
  result.role = fold_name(take_name());
  result.is_added = accept_word("ADD");
  if (!result.is_added) expect_word("DROP");
  expect_word("MEMBER");
  result.user = take_name();
  return result;
}

ast::ServerPermission StatementParser::server_permission(ast::ServerPermission::Verb verb) {
  ast::ServerPermission result;
  result.verb = verb;
  do {
    std::string permission;
    while (peek().kind == TokenKind::word && !is_word("TO") && !is_word("FROM")) {
      if (!permission.empty()) permission += ' ';
      for (const char c : take().text)
        permission += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    if (permission.empty()) fail_here();
    result.permissions.push_back(std::move(permission));
  } while (accept_symbol(","));
  if (!accept_word("TO")) {
    if (verb != ast::ServerPermission::Verb::revoke) fail_here();
    expect_word("FROM");
  }
  do result.logins.push_back(take_name());
  while (accept_symbol(","));
  return result;
}

}  // namespace keyturn::sim
