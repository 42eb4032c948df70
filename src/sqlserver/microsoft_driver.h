// Microsoft's drivers: 18 and 17 on Windows and Linux, and the old "SQL Server" that comes with Windows.
// Their keywords are those of Microsoft's documentation; what was seen to work, and where, says
// docs/windows.md.
#pragma once

#include <memory>
#include <string>

#include "sqlserver/odbc_driver.h"

namespace keyturn::sqlserver {

// ErrorKind::usage where the driver can't do what the settings ask for. `ca_hint`: how this system comes to
// trust a CA, since no Microsoft driver takes a file.
Result<std::unique_ptr<OdbcDriver>> open_microsoft(std::string driver, const OdbcSettings& settings,
                                                   std::string_view ca_hint);

// Driver 18, 17 and the Native Clients: Encrypt=yes always, and over shared memory and pipes as well.
SecretString microsoft_connection_string(const std::string& driver, const SqlAddress& address,
                                         const SqlLogin& login, bool trust_server_certificate);

// "SQL Server": where it encrypts it verifies the certificate against Windows's store, and can't be told
// otherwise. Not encrypted (`encrypt` false) the login's password still is, by the protocol, but not the
// batches.
SecretString windows_own_connection_string(const std::string& driver, const SqlAddress& address,
                                           const SqlLogin& login, bool encrypt);

// "Driver={NAME};", of a path on Linux without braces.
std::string driver_keyword(const std::string& driver);

}  // namespace keyturn::sqlserver
