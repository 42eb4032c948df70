// keyturn render sql-login: the T-SQL for the login of the configuration, whose password a secret holds.
#pragma once

#include <string>

#include "cli/options.h"
#include "setup/config.h"

namespace keyturn::cli {

struct SqlLoginOptions {
  bool drop = false;
  std::string account;  // a Windows account in the place of the SQL login
  bool proof_backup = false;
};

// Reads the secrets of the login, and nothing else of AWS; none for a Windows account.
Result<std::string> render_sql_login(const Options& options, const SqlLoginOptions& chosen,
                                     const setup::Config& config, const setup::RotationSettings& rotation);

}  // namespace keyturn::cli
