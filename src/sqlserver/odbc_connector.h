// SqlConnector over ODBC: unixODBC with FreeTDS or Microsoft's driver, Windows's own with Microsoft's.
#pragma once

#include <memory>
#include <string>

#include "sqlserver/odbc_driver.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

class OdbcHandle;

// Connections are encrypted always, but for one case: the driver "SQL Server" of Windows, within the same
// machine (windows_own_connection_string). The certificate and the host's name in it are checked unless
// `trust_server_certificate` says otherwise. Make it before starting threads (FreetdsConf sets an environment
// variable).
class OdbcConnector final : public SqlConnector {
 public:
  // ErrorKind::usage where the driver is missing, a setting is wrong, or tracing is on (TDSDUMP, ODBC's own
  // Trace): a trace would hold the secret in plain text.
  static Result<std::unique_ptr<OdbcConnector>> open(const OdbcSettings& settings);
  ~OdbcConnector() override;

  Result<std::unique_ptr<SqlSession>> connect(const SqlAddress& address, const SqlLogin& login,
                                              Duration timeout) override;

 private:
  OdbcConnector(std::uint16_t browser_port, std::unique_ptr<const OdbcHandle> environment,
                std::unique_ptr<OdbcDriver> driver);
  Result<std::unique_ptr<SqlSession>> connect_to(const SqlAddress& address, const SqlLogin& login,
                                                 Duration timeout);

  const std::uint16_t browser_port_;
  const std::unique_ptr<const OdbcHandle> environment_;  // ODBC's headers stay out of this one
  const std::unique_ptr<OdbcDriver> driver_;
};

}  // namespace keyturn::sqlserver
