#include "sqlserver/integrated_login.h"

namespace keyturn::sqlserver {

Result<SqlLogin> integrated_login() {
  return fail(ErrorKind::usage, "Integrated authentication to SQL Server is for hosts with Windows.",
              "Here keyturn logs in with the SQL login of the secrets: sql.authentication = \"sql\".");
}

}  // namespace keyturn::sqlserver
