// Functions about the server, the session and the error being handled; global variables.
#include <algorithm>
#include <atomic>
#include <cstdio>

#include "sim/sql_catalog.h"
#include "sim/tsql_functions.h"

namespace keyturn::sim {
namespace {

using Types = std::vector<SqlType>;

SqlType name_type(const Types&) { return nvarchar(128); }
SqlType whole(const Types&) { return integer(); }
SqlType small(const Types&) { return type_of(SqlKind::smallint); }
SqlType message_type(const Types&) { return nvarchar(4000); }
SqlType guid(const Types&) { return type_of(SqlKind::uniqueidentifier); }

Value text(std::string value) { return Value{std::move(value)}; }
Value number(std::int64_t value) { return Value{value}; }

std::string version_part(const SqlServerSettings& settings, int index) {
  std::string rest = settings.product_version;
  for (int i = 0; i < index; ++i)
    rest = rest.find('.') == std::string::npos ? "" : rest.substr(rest.find('.') + 1);
  return rest.substr(0, rest.find('.'));
}

// sql_variant on a real server; here always nvarchar, which converts the same way.
SqlResult<Value> server_property(SessionState& session, const FunctionArgs& args) {
  const SqlServerSettings& settings = session.server.settings();
  const std::string name = fold_name(as_text(args[0]));
  if (name == "productversion") return text(settings.product_version);
  if (name == "productmajorversion") return text(version_part(settings, 0));
  if (name == "productminorversion") return text(version_part(settings, 1));
  if (name == "productbuild") return text(version_part(settings, 2));
  if (name == "productlevel") return text("RTM");
  if (name == "productupdatelevel") return version_part(settings, 2) == "1000" ? Value{} : text("CU");
  if (name == "edition") return text(settings.edition);
  if (name == "engineedition") return text(std::to_string(settings.engine_edition()));
  if (name == "servername") return text(settings.server_name());
  if (name == "machinename") return text(settings.machine_name);
  if (name == "computernamephysicalnetbios")
    return text(settings.machine_name + (settings.clustered ? "-N1" : ""));
  if (name == "instancename") return settings.instance_name.empty() ? Value{} : text(settings.instance_name);
  if (name == "isclustered") return text(settings.clustered ? "1" : "0");
  if (name == "ishadrenabled") return text(settings.hadr_enabled ? "1" : "0");
  if (name == "isintegratedsecurityonly") return text("0");
  if (name == "issingleuser") return text("0");
  if (name == "collation") return text("SQL_Latin1_General_CP1_CI_AS");
  if (name == "processid") return text("4242");
  if (name == "instancedefaultdatapath")
    return text(settings.on_linux ? "/var/opt/mssql/data/" : "C:\\MSSQL\\DATA\\");
  return Value{};
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

SqlResult<Value> has_perms_by_name(SessionState& session, const FunctionArgs& args) {
  if (is_null(args[2])) return Value{};
  const std::string permission = upper(as_text(args[2]));
  const std::string class_name = upper(as_text(args[1]));
  if (class_name.empty() || class_name == "SERVER") return number(session.login.may(permission) ? 1 : 0);
  if (class_name == "DATABASE" && session.server.find_database(as_text(args[0]))) {
    return number(session.login.may(permission) ? 1 : 0);
  }
  return Value{};  // a securable that is not there
}

SqlResult<Value> is_role_member(SessionState& session, const FunctionArgs& args) {
  const std::string role = fold_name(as_text(args[0]));
  if (role == "public") return number(1);
  static constexpr std::string_view kRoles[] = {"sysadmin",   "serveradmin", "securityadmin", "processadmin",
                                                "setupadmin", "bulkadmin",   "diskadmin",     "dbcreator"};
  if (std::find(std::begin(kRoles), std::end(kRoles), role) == std::end(kRoles)) return Value{};
  return number(session.login.sysadmin ? 1 : 0);
}
SqlResult<Value> is_member(SessionState& session, const FunctionArgs& args) {
  const std::string role = fold_name(as_text(args[0]));
  if (role == "public") return number(1);
  if (role == "db_owner") return number(session.login.sysadmin ? 1 : 0);
  if (role == "db_backupoperator") return number(session.login.may("BACKUP DATABASE") ? 1 : 0);
  return Value{};
}

SqlResult<Value> login_name(SessionState& session, const FunctionArgs&) { return text(session.login.name); }
// Where no login has that name: NULL, by which scripts ask whether there is one.
SqlResult<Value> login_id(SessionState& session, const FunctionArgs& args) {
  std::int64_t id = 256;
  for (const ServerLogin& login : session.server.logins()) {
    ++id;
    if (same_name(login.name, args.empty() ? session.login.name : as_text(args[0]))) return number(id);
  }
  return Value{};
}
// Of master, where a login's user has its name.
SqlResult<Value> user_id(SessionState& session, const FunctionArgs& args) {
  const auto login = session.server.find_login(as_text(args[0]));
  return login && login->has_user ? login_id(session, args) : Value{};
}
SqlResult<Value> login_sid(SessionState& session, const FunctionArgs& args) {
  const auto login = session.server.find_login(args.empty() ? session.login.name : as_text(args[0]));
  return login ? text(login->sid) : Value{};
}
SqlResult<Value> user_name(SessionState& session, const FunctionArgs&) {
  return text(session.login.sysadmin ? "dbo" : session.login.name);
}
SqlResult<Value> host_name(SessionState& session, const FunctionArgs&) { return text(session.host_name); }
SqlResult<Value> app_name(SessionState& session, const FunctionArgs&) { return text(session.program_name); }

SqlResult<Value> db_name(SessionState& session, const FunctionArgs& args) {
  if (args.empty()) return text(session.database);
  for (const SqlDatabase& database : session.server.databases())
    if (database.id == as_integer(args[0])) return text(database.name);
  return Value{};
}
SqlResult<Value> db_id(SessionState& session, const FunctionArgs& args) {
  const auto database = session.server.find_database(args.empty() ? session.database : as_text(args[0]));
  return database ? number(database->id) : Value{};
}

SqlResult<Value> object_id(SessionState& session, const FunctionArgs& args) {
  ObjectName name;
  std::string rest = as_text(args[0]);
  std::erase_if(rest, [](char c) { return c == '[' || c == ']'; });
  for (std::size_t dot = 0; dot != std::string::npos;) {
    dot = rest.find('.');
    name.parts.push_back(rest.substr(0, dot));
    if (dot != std::string::npos) rest = rest.substr(dot + 1);
  }
  const CatalogView* view = find_catalog_view(name, session.database);
  if (view == nullptr) return Value{};
  std::int64_t id = -100;  // system views have negative numbers
  for (const char c : view->name) id = id * 31 % 1'000'003 - c;
  return number(id);
}

const SqlError* caught(const SessionState& session) {
  return session.caught.empty() ? nullptr : &session.caught.back();
}
SqlResult<Value> error_number(SessionState& s, const FunctionArgs&) {
  return caught(s) ? number(caught(s)->number) : Value{};
}
SqlResult<Value> error_message(SessionState& s, const FunctionArgs&) {
  return caught(s) ? text(caught(s)->text) : Value{};
}
SqlResult<Value> error_severity(SessionState& s, const FunctionArgs&) {
  return caught(s) ? number(caught(s)->severity) : Value{};
}
SqlResult<Value> error_state(SessionState& s, const FunctionArgs&) {
  return caught(s) ? number(caught(s)->state) : Value{};
}
SqlResult<Value> error_line(SessionState& s, const FunctionArgs&) {
  return caught(s) ? number(caught(s)->line) : Value{};
}
SqlResult<Value> error_procedure(SessionState& s, const FunctionArgs&) {
  return caught(s) && !caught(s)->procedure.empty() ? text(caught(s)->procedure) : Value{};
}

SqlResult<Value> xact_state(SessionState& s, const FunctionArgs&) {
  return number(s.transaction_depth == 0 ? 0 : s.doomed ? -1 : 1);
}
SqlResult<Value> row_count_big(SessionState& s, const FunctionArgs&) { return number(s.row_count); }

SqlResult<Value> new_id(SessionState& session, const FunctionArgs&) {
  static std::atomic<std::uint64_t> counter{0};
  char buffer[40];
  const auto low = static_cast<unsigned long long>(++counter);
  const auto high = static_cast<unsigned long long>(session.server.local_now()) & 0xFFFFFFFFULL;
  std::snprintf(buffer, sizeof buffer, "%08llX-%04X-4000-8000-%012llX", high,
                static_cast<unsigned>(session.id & 0xFFFF), low);
  return text(buffer);
}

std::string version_text(const SqlServerSettings& settings) {
  const int year = settings.major_version() >= 17   ? 2025
                   : settings.major_version() == 16 ? 2022
                   : settings.major_version() == 15 ? 2019
                                                    : 2017;
  return "Microsoft SQL Server " + std::to_string(year) + " (RTM-CU) - " + settings.product_version +
         " (X64) \n\t" + settings.edition + " on " +
         (settings.on_linux ? "Linux (Ubuntu 22.04) <X64>" : "Windows Server 2022 Standard 10.0 <X64>") +
         "\n";
}

}  // namespace

std::optional<TypedValue> global_variable(const SessionState& session, std::string_view name) {
  const std::string folded = fold_name(name);
  const SqlServerSettings& settings = session.server.settings();
  if (folded == "@@version") return TypedValue{nvarchar(300), text(version_text(settings))};
  if (folded == "@@servername") return TypedValue{nvarchar(128), text(settings.server_name())};
  if (folded == "@@servicename") {
    return TypedValue{nvarchar(128),
                      text(settings.instance_name.empty() ? "MSSQLSERVER" : settings.instance_name)};
  }
  if (folded == "@@language") return TypedValue{nvarchar(128), text("us_english")};
  const auto whole_number = [](std::int64_t value) { return TypedValue{integer(), number(value)}; };
  if (folded == "@@spid") return TypedValue{type_of(SqlKind::smallint), number(session.id)};
  if (folded == "@@rowcount") return whole_number(session.row_count);
  if (folded == "@@error") return whole_number(session.last_error);
  if (folded == "@@trancount") return whole_number(session.transaction_depth);
  if (folded == "@@nestlevel") return whole_number(session.nesting);
  if (folded == "@@options")
    return whole_number(5496 | (session.xact_abort ? 16384 : 0) | (session.no_count ? 512 : 0));
  if (folded == "@@lock_timeout") return whole_number(-1);
  if (folded == "@@datefirst") return TypedValue{type_of(SqlKind::tinyint), number(7)};
  if (folded == "@@max_precision") return TypedValue{type_of(SqlKind::tinyint), number(38)};
  if (folded == "@@microsoftversion") return whole_number(std::int64_t{settings.major_version()} << 24);
  if (folded == "@@fetch_status" || folded == "@@cursor_rows") return whole_number(0);
  return std::nullopt;
}

const std::vector<FunctionSpec>& server_functions() {
  static const std::vector<FunctionSpec> all{
      {"SERVERPROPERTY", "s", name_type, server_property},
      {"HAS_PERMS_BY_NAME", "sss?ss", whole, has_perms_by_name},
      {"IS_SRVROLEMEMBER", "s?s", whole, is_role_member},
      {"IS_MEMBER", "s", whole, is_member},
      {"IS_ROLEMEMBER", "s?s", whole, is_member},
      {"SUSER_SNAME", "?a", name_type, login_name},
      {"SUSER_NAME", "?a", name_type, login_name},
      {"SUSER_ID", "?s", whole, login_id},
      {"DATABASE_PRINCIPAL_ID", "s", whole, user_id},
      {"SUSER_SID", "?s",
       [](const Types&) {
         return SqlType{SqlKind::varbinary, 85};
       },
       login_sid},
      {"ORIGINAL_LOGIN", "", name_type, login_name},
      {"SYSTEM_USER", "", name_type, login_name},
      {"CURRENT_USER", "", name_type, user_name},
      {"SESSION_USER", "", name_type, user_name},
      {"USER", "", name_type, user_name},
      {"USER_NAME", "?i", name_type, user_name},
      {"HOST_NAME", "", name_type, host_name},
      {"APP_NAME", "", name_type, app_name},
      {"DB_NAME", "?i", name_type, db_name},
      {"DB_ID", "?s", small, db_id},
      {"OBJECT_ID", "s?s", whole, object_id},
      {"ERROR_NUMBER", "", whole, error_number},
      {"ERROR_MESSAGE", "", message_type, error_message},
      {"ERROR_SEVERITY", "", whole, error_severity},
      {"ERROR_STATE", "", whole, error_state},
      {"ERROR_LINE", "", whole, error_line},
      {"ERROR_PROCEDURE", "", name_type, error_procedure},
      {"XACT_STATE", "", small, xact_state},
      {"ROWCOUNT_BIG", "", [](const Types&) { return bigint(); }, row_count_big},
      {"NEWID", "", guid, new_id},
  };
  return all;
}

namespace {

const std::vector<const FunctionSpec*>& all_functions() {
  static const std::vector<const FunctionSpec*> all = [] {
    std::vector<const FunctionSpec*> list;
    for (const auto* group : {&text_functions(), &date_functions(), &server_functions()})
      for (const FunctionSpec& spec : *group) list.push_back(&spec);
    return list;
  }();
  return all;
}

}  // namespace

int find_function(std::string_view name) {
  const auto& all = all_functions();
  const auto it = std::find_if(all.begin(), all.end(),
                               [&](const FunctionSpec* spec) { return same_name(spec->name, name); });
  return it == all.end() ? -1 : static_cast<int>(it - all.begin());
}
const FunctionSpec& function_at(int index) { return *all_functions()[static_cast<std::size_t>(index)]; }

}  // namespace keyturn::sim
