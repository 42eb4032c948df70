// Windows authentication: the account that runs keyturn is the login.
#pragma once

#include "base/error.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

// Over Systems Manager that is NT AUTHORITY\SYSTEM (in Windows's language). ErrorKind::usage on Linux.
Result<SqlLogin> integrated_login();

}  // namespace keyturn::sqlserver
