// FreeTDS as unixODBC loads it.
#pragma once

#include <memory>
#include <string>

#include "sqlserver/odbc_driver.h"

namespace keyturn::sqlserver {

// `driver`: a registered name or a path. Sets an environment variable (FreetdsConf): to be made before other
// threads read the environment.
Result<std::unique_ptr<OdbcDriver>> open_freetds(std::string driver, const OdbcSettings& settings);

// `section` is the one of freetds.conf that holds host, port and TLS settings. ErrorKind::usage where FreeTDS
// has no way to express the password.
Result<SecretString> freetds_connection_string(const std::string& driver, const std::string& section,
                                               const SqlLogin& login);

}  // namespace keyturn::sqlserver
