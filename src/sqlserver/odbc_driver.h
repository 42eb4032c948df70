// Which ODBC driver, and how its connection string is written: FreeTDS and Microsoft's differ in keywords, in
// quoting and in how they are made to check certificates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret_string.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

enum class Dialect { freetds, microsoft };
Dialect dialect_of(std::string_view driver);

// The value of the Driver keyword: a name that is registered with unixODBC, or the full path of a driver's
// library. Where the name "FreeTDS" is not registered (Debian's tdsodbc does not always do it), the library
// is looked for where Debian puts it. ErrorKind::usage where there is none.
Result<std::string> find_driver(const std::string& wanted, const std::vector<std::string>& registered);

// `section` is the one of freetds.conf that holds host, port and TLS settings. ErrorKind::usage where FreeTDS
// has no way to express the password.
Result<SecretString> freetds_connection_string(const std::string& driver, const std::string& section,
                                               const SqlLogin& login);
SecretString microsoft_connection_string(const std::string& driver, const std::string& host,
                                         std::uint16_t port, bool trust_server_certificate,
                                         const SqlLogin& login);

}  // namespace keyturn::sqlserver
