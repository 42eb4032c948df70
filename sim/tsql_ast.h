// T-SQL, parsed. Plain data; a tree is shared and never changed once it is made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/secret_string.h"
#include "sim/sql_type.h"

namespace keyturn::sim {

struct Expr;
struct Select;
using ExprPtr = std::shared_ptr<const Expr>;
using SelectPtr = std::shared_ptr<const Select>;

enum class ExprKind {
  literal,     // value, type
  variable,    // name: "@x"
  global,      // name: "@@x"
  column,      // name, qualifier
  star,        // "*" or "qualifier.*"
  negate,      // -args[0]
  arithmetic,  // name: + - * / % & | ^
  function,    // name(args); CAST and CONVERT: type, style in args[1]
  case_of,     // args: [operand] when then … [else]; has_operand, has_else
  subquery,    // (SELECT …) as a value
  // Predicates: what a condition is made of.
  compare,  // name: = <> < <= > >=
  logical,  // name: AND OR
  not_of,
  like,     // args: text pattern [escape]
  between,  // args: value low high
  in_list,  // args: value, items…; or value and `select`
  is_null,
  exists,
};

struct Expr {
  ExprKind kind = ExprKind::literal;
  int line = 1;
  std::string name;
  std::string qualifier;
  Value value;
  SqlType type;
  std::vector<ExprPtr> args;
  SelectPtr select;
  bool negated = false;  // NOT LIKE, NOT IN, NOT BETWEEN, IS NOT NULL
  bool has_operand = false;
  bool has_else = false;
  bool distinct = false;  // COUNT(DISTINCT x)

  [[nodiscard]] bool is_predicate() const { return kind >= ExprKind::compare; }
};

struct ObjectName {
  std::vector<std::string> parts;  // the last is the object's own
  [[nodiscard]] std::string text() const;
};

struct TableSource;
using TableSourcePtr = std::shared_ptr<const TableSource>;
struct TableSource {
  enum class Kind { object, derived, join } kind = Kind::object;
  ObjectName object;
  SelectPtr derived;
  std::vector<std::string> column_aliases;
  std::string alias;
  std::string join;  // "INNER", "LEFT", "RIGHT", "FULL", "CROSS"
  TableSourcePtr left, right;
  ExprPtr on;
  int line = 1;
};

struct SelectItem {
  ExprPtr expr;
  std::string alias;
  std::string assigns;  // "@x" of SELECT @x = …
};

struct SelectCore {
  bool distinct = false;
  ExprPtr top;
  std::vector<SelectItem> items;
  TableSourcePtr from;
  ExprPtr where;
  std::vector<ExprPtr> group_by;
  ExprPtr having;
};

struct OrderItem {
  ExprPtr expr;
  bool descending = false;
};

struct CommonTable {
  std::string name;
  std::vector<std::string> columns;
  SelectPtr select;
};

struct Select {
  std::vector<CommonTable> with;
  std::vector<SelectCore> cores;
  std::vector<std::string> set_operators;  // between cores: "UNION", "UNION ALL", "EXCEPT", "INTERSECT"
  std::vector<OrderItem> order_by;
  ExprPtr offset;
  ExprPtr fetch;
  [[nodiscard]] bool assigns() const { return !cores[0].items[0].assigns.empty(); }
};

struct TsqlStatement;
using StatementPtr = std::shared_ptr<const TsqlStatement>;
using Block = std::vector<StatementPtr>;

namespace ast {

struct Declare {
  std::string name;
  SqlType type;
  ExprPtr value;  // or none
};
struct DeclareAll {
  std::vector<Declare> variables;
};
struct Assign {
  std::string name;
  ExprPtr value;
};
struct SetOption {
  std::string name;  // folded, e.g. "xact_abort", "transaction isolation level"
  std::string value;
};
struct Query {
  SelectPtr select;
};
struct If {
  ExprPtr condition;
  StatementPtr then;
  StatementPtr otherwise;  // or none
};
struct While {
  ExprPtr condition;
  StatementPtr body;
};
struct Compound {
  Block statements;
};
struct TryCatch {
  Block attempt, handler;
};
struct BeginTransaction {
  std::string name;
};
struct Commit {};
struct Rollback {
  std::string savepoint;
};
struct Save {
  std::string savepoint;
};
struct Throw {
  std::vector<ExprPtr> args;
};  // none, or number, message, state
struct RaiseError {
  std::vector<ExprPtr> args;
  bool log = false;
};
struct Print {
  ExprPtr value;
};
struct ExecuteText {
  ExprPtr text;
};
struct Argument {
  std::string name;  // "@Resource", or empty
  ExprPtr value;
  bool output = false;
};
struct ExecuteProcedure {
  std::string return_variable;
  ObjectName name;
  std::vector<Argument> args;
};
struct Return {
  ExprPtr value;
};
struct Use {
  std::string database;
};
struct Break {};
struct Continue {};
struct WaitFor {
  ExprPtr delay;
};
enum class DdlVerb { create, alter, drop };
struct CredentialDdl {
  DdlVerb verb = DdlVerb::create;
  std::string name;
  std::string identity;
  std::optional<SecretString> secret;
};
struct LoginDdl {
  DdlVerb verb = DdlVerb::create;
  std::string name;
  bool from_windows = false;
  std::optional<SecretString> password;
  bool hashed = false;  // `password` is the hash's bytes
  std::optional<SecretString> old_password;
  std::optional<std::string> sid;  // bytes
  std::optional<bool> check_policy;
  std::optional<bool> enabled;
  bool unlock = false;
  std::string default_database;  // empty: not given
};
struct ServerPermission {
  enum class Verb { grant, revoke, deny } verb = Verb::grant;
  std::vector<std::string> permissions;  // in capitals
  std::vector<std::string> logins;
};
// CREATE USER name FOR LOGIN name, DROP USER name: both names are the same here, and the database is master.
struct UserDdl {
  DdlVerb verb = DdlVerb::create;
  std::string name;
};
// ALTER ROLE db_backupoperator ADD MEMBER name; no other role is known.
struct RoleMember {
  std::string role;  // folded
  std::string user;
  bool is_added = true;  // else dropped
};
struct BackupOption {
  std::string name;  // folded
  ExprPtr value;     // or none
};
struct Backup {
  bool log = false;
  std::string database;
  ExprPtr database_variable;
  std::vector<ExprPtr> urls;
  bool to_disk = false;
  std::vector<BackupOption> options;
};
struct Restore {
  std::string what;  // "VERIFYONLY", "HEADERONLY", "FILELISTONLY", "LABELONLY"
  std::vector<ExprPtr> urls;
  std::vector<BackupOption> options;
};

}  // namespace ast

struct TsqlStatement {
  int line = 1;
  std::variant<ast::DeclareAll, ast::Assign, ast::SetOption, ast::Query, ast::If, ast::While, ast::Compound,
               ast::TryCatch, ast::BeginTransaction, ast::Commit, ast::Rollback, ast::Save, ast::Throw,
               ast::RaiseError, ast::Print, ast::ExecuteText, ast::ExecuteProcedure, ast::Return, ast::Use,
               ast::Break, ast::Continue, ast::WaitFor, ast::CredentialDdl, ast::LoginDdl,
               ast::ServerPermission, ast::UserDdl, ast::RoleMember, ast::Backup, ast::Restore>
      body;
};

}  // namespace keyturn::sim
