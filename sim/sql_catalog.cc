#include "sim/sql_catalog.h"

#include <algorithm>

namespace keyturn::sim {
namespace {

using Rows = SqlResult<std::vector<Row>>;

Value text(const std::string& value) { return Value{value}; }
Value number(std::int64_t value) { return Value{value}; }

SqlError state_permission_denied() {
  return {300, 14,
          1,   "VIEW SERVER PERFORMANCE STATE permission was denied on object 'server', database 'master'.",
          {},  0};
}

Rows credentials(SessionState& session) {
  const bool denied = session.login.denied.contains("VIEW ANY DEFINITION") && !session.login.sysadmin;
  const bool visible =
      !denied && (session.login.may("VIEW ANY DEFINITION") || session.login.may("ALTER ANY CREDENTIAL") ||
                  session.login.may("VIEW ANY SECURITY DEFINITION"));
  std::vector<Row> rows;
  if (!visible) return rows;  // no rows, no error: as if there were none
  std::optional<CredentialTable> table = session.working;
  if (!table) table = session.server.read_credentials(session.id, *session.stop);
  if (!table) return raise(cancelled());
  for (const CredentialRow& row : table->rows()) {
    rows.push_back({number(row.id),
                    text(row.name),
                    text(row.identity),
                    number(session.server.to_local(row.create_date)),
                    number(session.server.to_local(row.modify_date)),
                    {},
                    number(0)});
  }
  return rows;
}

Rows databases(SessionState& session) {
  std::vector<Row> rows;
  for (const SqlDatabase& database : session.server.databases()) {
    rows.push_back({number(database.id),
                    text(database.name),
                    number(kTicksAt1970 + 19'000 * kTicksPerDay),
                    number(session.server.settings().major_version() * 10),
                    number(database.online ? 0 : 6),
                    text(database.online ? "ONLINE" : "OFFLINE"),
                    number(database.id == 1 || database.id == 2 ? 3 : 1),
                    text(database.id == 1 || database.id == 2 ? "SIMPLE" : "FULL"),
                    number(0),
                    number(0),
                    {}});
  }
  return rows;
}

Rows requests(SessionState& session) {
  const bool all = session.login.may("VIEW SERVER PERFORMANCE STATE");
  std::vector<Row> rows;
  for (const RunningRequest& request : session.server.requests()) {
    if (!all && request.session_id != session.id) continue;
    const std::int64_t elapsed = (session.server.local_now() - request.start_time) / kTicksPerMs;
    rows.push_back({number(request.session_id), number(0),
                    number(round_to_datetime_ticks(request.start_time)), text("running"),
                    text(request.command), number(request.database_id), Value{request.percent_complete},
                    number(elapsed), number(0)});
  }
  return rows;
}

Rows sessions(SessionState& session) {
  const bool all = session.login.may("VIEW SERVER PERFORMANCE STATE");
  std::vector<Row> rows;
  const auto running = session.server.requests();
  for (const SessionInfo& info : session.server.sessions()) {
    if (!all && info.id != session.id) continue;
    const bool busy =
        std::any_of(running.begin(), running.end(), [&](const auto& r) { return r.session_id == info.id; });
    const auto database = session.server.find_database(info.database);
    rows.push_back({number(info.id),
                    number(round_to_datetime_ticks(info.login_time)),
                    text(info.host_name),
                    text(info.program_name),
                    text(info.login),
                    text(info.login),
                    text(busy ? "running" : "sleeping"),
                    number(1),
                    number(database ? database->id : 1),
                    {}});
  }
  return rows;
}

Rows connections(SessionState& session) {
  if (!session.login.may("VIEW SERVER PERFORMANCE STATE")) return raise(state_permission_denied());
  std::vector<Row> rows;
  for (const SessionInfo& info : session.server.sessions()) {
    rows.push_back(
        {number(info.id), text("TCP"), text("TSQL"), text("TRUE"), text("SQL"), text("127.0.0.1")});
  }
  return rows;
}

Rows principals(SessionState& session) {
  const bool all = session.login.may("VIEW ANY DEFINITION") || session.login.may("ALTER ANY LOGIN");
  std::vector<Row> rows;
  std::int64_t id = 257;
  for (const ServerLogin& login : session.server.logins()) {
    const bool sa = same_name(login.name, "sa");
    const std::int64_t own = sa ? 1 : id++;
    if (!all && !sa && !same_name(login.name, session.login.name)) continue;
    rows.push_back({text(login.name),
                    number(own),
                    text("S"),
                    text("SQL_LOGIN"),
                    number(login.disabled ? 1 : 0),
                    text(login.default_database),
                    {}});
  }
  return rows;
}

Rows permissions(SessionState& session) {
  std::vector<Row> rows;
  for (const std::string& name : session.login.permissions)
    rows.push_back({text("SERVER"), text(name), text("GRANT")});
  return rows;
}

Rows configurations(SessionState&) {
  std::vector<Row> rows;
  const auto add = [&](int id, const char* name, int value) {
    rows.push_back({number(id), text(name), number(value), number(value)});
  };
  add(1579, "backup compression default", 0);
  add(518, "show advanced options", 0);
  add(1562, "clr enabled", 0);
  add(16384, "Agent XPs", 1);
  return rows;
}

Rows none(SessionState&) { return std::vector<Row>{}; }

Rows backup_sets(SessionState& session) {
  std::vector<Row> rows;
  std::int64_t id = 0;
  for (const BackupRecord& record : session.server.backups()) {
    if (record.error) continue;
    rows.push_back({number(++id), text(record.database), text("D"),
                    text(session.server.settings().server_name()),
                    number(round_to_datetime_ticks(session.server.to_local(record.started))),
                    number(round_to_datetime_ticks(session.server.to_local(record.finished)))});
  }
  return rows;
}

Rows system_info(SessionState& session) {
  if (!session.login.may("VIEW SERVER PERFORMANCE STATE")) return raise(state_permission_denied());
  return std::vector<Row>{{number(4), number(16'777'216), text("NONE")}};
}

Rows host_info(SessionState& session) {
  const bool on_linux = session.server.settings().on_linux;
  return std::vector<Row>{{text(on_linux ? "Linux" : "Windows"),
                           text(on_linux ? "Ubuntu" : "Windows Server 2022 Standard"),
                           text(on_linux ? "22.04" : "10.0")}};
}

const std::vector<CatalogView>& views() {
  const SqlType description = nvarchar(60);
  static const std::vector<CatalogView> all{
      {"sys.credentials",
       {{"credential_id", integer(), false},
        {"name", sysname(), false},
        {"credential_identity", nvarchar(4000)},
        {"create_date", datetime(), false},
        {"modify_date", datetime(), false},
        {"target_type", nvarchar(100)},
        {"target_id", integer()}},
       credentials},
      {"sys.databases",
       {{"database_id", integer(), false},
        {"name", sysname(), false},
        {"create_date", datetime(), false},
        {"compatibility_level", type_of(SqlKind::tinyint)},
        {"state", type_of(SqlKind::tinyint)},
        {"state_desc", description},
        {"recovery_model", type_of(SqlKind::tinyint)},
        {"recovery_model_desc", description},
        {"is_read_only", bit()},
        {"is_encrypted", bit()},
        {"source_database_id", integer()}},
       databases},
      {"sys.dm_exec_requests",
       {{"session_id", type_of(SqlKind::smallint), false},
        {"request_id", integer(), false},
        {"start_time", datetime(), false},
        {"status", nvarchar(30), false},
        {"command", nvarchar(32), false},
        {"database_id", type_of(SqlKind::smallint), false},
        {"percent_complete", type_of(SqlKind::real), false},
        {"total_elapsed_time", integer(), false},
        {"blocking_session_id", type_of(SqlKind::smallint)}},
       requests},
      {"sys.dm_exec_sessions",
       {{"session_id", type_of(SqlKind::smallint), false},
        {"login_time", datetime(), false},
        {"host_name", nvarchar(128)},
        {"program_name", nvarchar(128)},
        {"login_name", nvarchar(128), false},
        {"original_login_name", nvarchar(128), false},
        {"status", nvarchar(30), false},
        {"is_user_process", bit(), false},
        {"database_id", type_of(SqlKind::smallint), false},
        {"contained_availability_group_id", type_of(SqlKind::uniqueidentifier)}},
       sessions},
      {"sys.dm_exec_connections",
       {{"session_id", integer()},
        {"net_transport", nvarchar(40), false},
        {"protocol_type", nvarchar(40)},
        {"encrypt_option", nvarchar(40), false},
        {"auth_scheme", nvarchar(40), false},
        {"client_net_address", nvarchar(48)}},
       connections},
      {"sys.server_principals",
       {{"name", sysname(), false},
        {"principal_id", integer(), false},
        {"type", {SqlKind::nchar, 1, 18, 0}, false},
        {"type_desc", description},
        {"is_disabled", bit()},
        {"default_database_name", sysname()},
        {"credential_id", integer()}},
       principals},
      {"sys.server_permissions",
       {{"class_desc", description}, {"permission_name", nvarchar(128)}, {"state_desc", description}},
       permissions},
      {"sys.configurations",
       {{"configuration_id", integer(), false},
        {"name", nvarchar(35), false},
        {"value", integer()},
        {"value_in_use", integer()}},
       configurations},
      {"sys.availability_groups",
       {{"group_id", type_of(SqlKind::uniqueidentifier), false},
        {"name", sysname()},
        {"is_contained", bit()}},
       none},
      {"sys.master_files",
       {{"database_id", integer(), false}, {"name", sysname(), false}, {"size", integer(), false}},
       none},
      {"sys.objects",
       {{"name", sysname(), false}, {"object_id", integer(), false}, {"type", {SqlKind::nchar, 2, 18, 0}}},
       none},
      {"sys.tables", {{"name", sysname(), false}, {"object_id", integer(), false}}, none},
      {"sys.dm_os_sys_info",
       {{"cpu_count", integer(), false},
        {"physical_memory_kb", bigint(), false},
        {"virtual_machine_type_desc", description}},
       system_info},
      {"sys.dm_os_host_info",
       {{"host_platform", nvarchar(256), false},
        {"host_distribution", nvarchar(256), false},
        {"host_release", nvarchar(256), false}},
       host_info},
      {"msdb.dbo.backupset",
       {{"backup_set_id", integer(), false},
        {"database_name", nvarchar(128)},
        {"type", {SqlKind::nchar, 1, 18, 0}},
        {"server_name", nvarchar(128)},
        {"backup_start_date", datetime()},
        {"backup_finish_date", datetime()}},
       backup_sets},
  };
  return all;
}

}  // namespace

const CatalogView* find_catalog_view(const ObjectName& name, const std::string& current_database) {
  if (name.parts.empty() || name.parts.size() > 3) return nullptr;
  const std::string object = fold_name(name.parts.back());
  const std::string schema =
      name.parts.size() >= 2 ? fold_name(name.parts[name.parts.size() - 2]) : std::string();
  const std::string database = fold_name(name.parts.size() == 3 ? name.parts[0] : current_database);
  std::string wanted = "sys." + object;
  if (schema != "sys") {
    if (database != "msdb" || (!schema.empty() && schema != "dbo")) return nullptr;
    wanted = "msdb.dbo." + object;
  }
  const auto& all = views();
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const CatalogView& view) { return view.name == wanted; });
  return it == all.end() ? nullptr : &*it;
}

}  // namespace keyturn::sim
