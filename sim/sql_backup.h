// BACKUP to and RESTORE … ONLY from S3.
#pragma once

#include <string>
#include <vector>

#include "sim/tsql_result.h"
#include "sim/tsql_state.h"

namespace keyturn::sim {

struct BackupPlan {
  bool log = false;
  bool to_disk = false;
  std::string database;
  std::vector<std::string> urls;
  bool format = false;
  bool compression = false;
  bool copy_only = false;
  bool progress = false;  // STATS
  int progress_step = 10;
  std::string credential;  // WITH CREDENTIAL; empty: chosen by the URL
  std::string region;      // of BACKUP_OPTIONS; empty: of the host, else us-east-1
  bool has_transfer_size = false;
};

// Takes one option of WITH into the plan; 3217, 155 for what S3 backups refuse.
std::optional<SqlError> set_backup_option(BackupPlan& plan, const std::string& name,
                                          const std::string& value);

// Each gives the errors in the order in which SQL Server sends them (3201, then 3013), or none. Every S3
// request is signed with the secret that the credential held when the statement began.
std::vector<SqlError> run_backup(SessionState& session, const BackupPlan& plan, ResultSink& sink);
std::vector<SqlError> run_restore(SessionState& session, const std::string& what, const BackupPlan& plan,
                                  ResultSink& sink);

}  // namespace keyturn::sim
