// Logins and server permissions. Unlike a real server's they take effect at once, in a transaction too.
#include "sim/sql_password.h"
#include "sim/tsql_interpreter.h"

namespace keyturn::sim {
namespace {

constexpr std::size_t kSidSize = 16;
constexpr const char* kLoginRight = "ALTER ANY LOGIN";
constexpr const char* kBackUp = "BACKUP DATABASE";

SqlError cannot(const char* verb, const std::string& login) {
  return {15151,
          16,
          1,
          std::string("Cannot ") + verb + " the login '" + login +
              "', because it does not exist or you do not have permission.",
          {},
          0};
}

SqlError not_complex() {
  return {15118,
          16,
          1,
          "Password validation failed. The password does not meet the operating system policy requirements "
          "because it is not complex enough.",
          {},
          0};
}

SqlError too_recent() {
  return {15114, 16, 1, "Password validation failed. The password for the user is too recent to change.",
          {},    0};
}

// A hash is taken as it is; nobody can judge what is behind it.
MaybeError set_password(ServerLogin& login, const ast::LoginDdl& node) {
  if (!node.password) return std::nullopt;
  if (node.hashed) {
    if (!is_password_hash(node.password->reveal()))
      return SqlError{15021, 16,
                      2,     "Invalid value given for parameter PASSWORD. Specify a valid parameter value.",
                      {},    0};
    login.password_hash = node.password->reveal();
    return std::nullopt;
  }
  if (login.check_policy && !meets_policy(*node.password, login.name)) return not_complex();
  login.password = *node.password;
  login.password_hash.clear();
  return std::nullopt;
}

MaybeError create_login(SessionState& session, const ast::LoginDdl& node) {
  SqlServer& server = session.server;
  if (!session.login.may(kLoginRight)) return errors::no_permission();
  if (server.find_login(node.name))
    return SqlError{15025, 16, 1, "The server principal '" + node.name + "' already exists.", {}, 0};
  if (node.sid && node.sid->size() != kSidSize)
    return SqlError{15419, 16, 1, "Supplied parameter sid should be binary(16).", {}, 0};
  for (const ServerLogin& other : server.logins())
    if (node.sid && other.sid == *node.sid)
      return SqlError{15433, 16, 1, "Supplied parameter sid is in use.", {}, 0};
  ServerLogin login;
  login.name = node.name;
  login.from_windows = node.from_windows;
  login.check_policy = !node.from_windows && node.check_policy.value_or(true);
  login.sid = node.sid.value_or("");
  if (!node.default_database.empty()) login.default_database = node.default_database;
  if (auto error = set_password(login, node)) return error;
  server.put_login(std::move(login));
  return std::nullopt;
}

// Everybody may change their own password, when they know the old one.
MaybeError alter_login(SessionState& session, const ast::LoginDdl& node) {
  auto login = session.server.find_login(node.name);
  const bool own = login && same_name(login->name, session.login.name) && node.old_password;
  if (!login || (!own && !session.login.may(kLoginRight))) return cannot("alter", node.name);
  if (own && !login->has_password(*node.old_password)) return cannot("alter", node.name);
  if (own && login->may_not_change) return too_recent();
  if (node.check_policy) login->check_policy = *node.check_policy;
  if (auto error = set_password(*login, node)) return error;
  if (node.enabled) login->disabled = !*node.enabled;
  if (node.unlock) login->locked_out = false;
  if (!node.default_database.empty()) login->default_database = node.default_database;
  session.server.put_login(std::move(*login));
  return std::nullopt;
}

MaybeError drop_login(SessionState& session, const ast::LoginDdl& node) {
  if (!session.server.find_login(node.name) || !session.login.may(kLoginRight))
    return cannot("drop", node.name);
  for (const SessionInfo& info : session.server.sessions())
    if (same_name(info.login, node.name))
      return SqlError{15434, 16,
                      1,     "Could not drop login '" + node.name + "' as the user is currently logged in.",
                      {},    0};
  session.server.remove_login(node.name);
  return std::nullopt;
}

void apply(const ast::ServerPermission& node, ServerLogin& login) {
  using Verb = ast::ServerPermission::Verb;
  for (const std::string& permission : node.permissions) {
    login.permissions.erase(permission);
    login.denied.erase(permission);
    if (node.verb == Verb::grant) login.permissions.insert(permission);
    if (node.verb == Verb::deny) login.denied.insert(permission);
  }
}

}  // namespace

Outcome Interpreter::on(const ast::LoginDdl& node) {
  const auto act = node.verb == ast::DdlVerb::create  ? create_login
                   : node.verb == ast::DdlVerb::alter ? alter_login
                                                      : drop_login;
  if (auto error = act(session_, node)) return failed(*error);
  exec_.sink.done(false, std::nullopt);
  return Flow::next;
}

Outcome Interpreter::on(const ast::UserDdl& node) {
  auto login = session_.server.find_login(node.name);
  const bool is_made = node.verb == ast::DdlVerb::create;
  if (!session_.login.may("CONTROL SERVER") || !same_name(session_.database, "master") || !login ||
      login->has_user == is_made)
    return failed(
        is_made ? SqlError{15023,
                           16,
                           1,
                           "User, group, or role '" + node.name + "' already exists in the current database.",
                           {},
                           0}
                : cannot("drop", node.name));
  login->has_user = is_made;
  if (!is_made) login->permissions.erase(kBackUp);
  session_.server.put_login(std::move(*login));
  exec_.sink.done(false, std::nullopt);
  return Flow::next;
}

Outcome Interpreter::on(const ast::RoleMember& node) {
  auto login = session_.server.find_login(node.user);
  if (!session_.login.may("CONTROL SERVER") || node.role != "db_backupoperator" || !login || !login->has_user)
    return failed({15151,
                   16,
                   1,
                   "Cannot add the principal '" + node.user +
                       "', because it does not exist or you do not have permission.",
                   {},
                   0});
  if (node.is_added)
    login->permissions.insert(kBackUp);
  else
    login->permissions.erase(kBackUp);
  session_.server.put_login(std::move(*login));
  exec_.sink.done(false, std::nullopt);
  return Flow::next;
}

Outcome Interpreter::on(const ast::ServerPermission& node) {
  if (!same_name(session_.database, "master"))
    return failed({4621,
                   16,
                   10,
                   "Permissions at the server scope can only be granted when the current database is master",
                   {},
                   0});
  if (!session_.login.may("CONTROL SERVER"))
    return failed({4613, 16, 1, "Grantor does not have GRANT permission.", {}, 0});
  for (const std::string& name : node.logins) {
    auto login = session_.server.find_login(name);
    if (!login) return failed(cannot("find", name));
    apply(node, *login);
    session_.server.put_login(std::move(*login));
  }
  exec_.sink.done(false, std::nullopt);
  return Flow::next;
}

}  // namespace keyturn::sim
