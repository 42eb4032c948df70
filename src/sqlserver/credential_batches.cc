#include "sqlserver/credential_batches.h"

#include "sqlserver/tsql.h"

namespace keyturn::sqlserver {
namespace {

// Every column is cast: SERVERPROPERTY is a sql_variant, which drivers read differently, and dates as text
// compare exactly. sys.dm_exec_requests shows only the own session, without an error, to a login without the
// permission.
constexpr const char* kRead = R"sql(SELECT
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version,
  CAST(SERVERPROPERTY('EngineEdition') AS nvarchar(128)) AS engine_edition,
  CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,
  CAST(SERVERPROPERTY('MachineName') AS nvarchar(128)) AS machine_name,
  CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS server_name,
  CAST(SERVERPROPERTY('InstanceName') AS nvarchar(128)) AS instance_name,
  CAST(HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY CREDENTIAL') AS nvarchar(10)) AS may_alter,
  CAST(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') AS nvarchar(10)) AS may_see_backups,
  CONVERT(nvarchar(30), GETDATE(), 126) AS local_now,
  CONVERT(nvarchar(30), SYSUTCDATETIME(), 126) AS utc_now;
SELECT
  CAST(name AS nvarchar(128)) AS name,
  CAST(credential_identity AS nvarchar(4000)) AS [identity],
  CONVERT(nvarchar(30), modify_date, 126) AS modified
FROM sys.credentials
WHERE name LIKE N's3://%' OR name LIKE N'keyturn:%'
ORDER BY name;
SELECT CONVERT(nvarchar(30), start_time, 126) AS started
FROM sys.dm_exec_requests
WHERE command LIKE N'BACKUP%' OR command LIKE N'RESTORE%';
)sql";

std::string raise(int number, std::string_view text) {
  return "THROW " + std::to_string(number) + ", " + quote_literal(text) + ", 1;\n";
}

// Nothing is written unless the object is as it was read: a writer with an older view of the world gives way.
std::string guard(const std::string& name, const std::optional<SeenCredential>& seen) {
  const std::string found = "(SELECT 1 FROM sys.credentials WHERE name = " + quote_literal(name);
  const std::string moved = raise(kErrorWorldMoved, "keyturn: a credential was altered since it was read.");
  if (!seen) return "IF EXISTS " + found + ") " + moved;
  return "IF NOT EXISTS " + found + " AND credential_identity = " + quote_literal(seen->identity) +
         " AND CONVERT(nvarchar(30), modify_date, 126) = " + quote_literal(seen->modified) + ") " + moved;
}

std::string put_credential(const std::string& name, bool exists, std::string_view identity) {
  return (exists ? "ALTER" : "CREATE") + std::string(" CREDENTIAL ") + quote_identifier(name) +
         " WITH IDENTITY = " + quote_literal(identity);
}

// XACT_ABORT and the CATCH together leave no transaction behind whatever fails, a lost connection included.
// The lock is what makes keyturn's own writers take turns: the guards' SELECTs keep nothing locked until the
// ALTER. Lock waits are bounded, so that the deadline, checked after the lock was given, can't be overrun by
// much.
std::string prologue(const std::string& not_after_utc) {
  return "SET NOCOUNT OFF;\n"
         "SET XACT_ABORT ON;\n"
         "SET LOCK_TIMEOUT 5000;\n"
         "BEGIN TRY\n"
         "BEGIN TRANSACTION;\n"
         "DECLARE @lock int;\n"
         "EXEC @lock = sp_getapplock @Resource = N'keyturn', @LockMode = N'Exclusive', @LockOwner = "
         "N'Transaction', "
         "@LockTimeout = 5000;\n"
         "IF @lock < 0 " +
         raise(kErrorNotSerialised, "keyturn: another run is writing to this server.") +
         "IF SYSUTCDATETIME() > CONVERT(datetime2(3), " + quote_literal(not_after_utc) + ", 126) " +
         raise(kErrorPastDeadline, "keyturn: the deadline of the run has passed.");
}

constexpr const char* kEpilogue =
    "COMMIT TRANSACTION;\n"
    "END TRY\n"
    "BEGIN CATCH\n"
    "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;\n"
    "THROW;\n"
    "END CATCH;\n";

}  // namespace

std::string read_batch() { return "SET NOCOUNT OFF;\n" + std::string(kRead); }

// The secret stands in the statement's plain text: SQL Server's own tracing masks it there, and neither in
// dynamic SQL nor in a parameter. Which of CREATE and ALTER is right was read before, so that no dynamic SQL
// is needed.
SecretString write_batch(const std::vector<GuardedName>& names, const rotation::KeyPair& key,
                         const std::string& not_after_utc) {
  SecretString batch(prologue(not_after_utc));
  for (const GuardedName& name : names) {
    batch.append(guard(name.name, name.credential));
    batch.append(guard(marker_name(name.name), name.marker));
  }
  for (const GuardedName& name : names) {
    batch.append(put_credential(name.name, name.credential.has_value(), kS3Identity));
    batch.append(", SECRET = N'" + key.id + ":");
    batch.append(key.secret);
    batch.append("';\n");
    // After the credential, so that its date is not older: only then is the target confirmed.
    batch.append(put_credential(marker_name(name.name), name.marker.has_value(), key.id) + ";\n");
  }
  batch.append(kEpilogue);
  batch.append(kRead);
  return batch;
}

}  // namespace keyturn::sqlserver
