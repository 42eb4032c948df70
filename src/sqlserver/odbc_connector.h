// SqlConnector over unixODBC, with FreeTDS or Microsoft's ODBC Driver 18.
#pragma once

#include <memory>
#include <string>

#include "sqlserver/freetds_conf.h"
#include "sqlserver/odbc_driver.h"
#include "sqlserver/odbc_handle.h"
#include "sqlserver/sql_session.h"

namespace keyturn::sqlserver {

struct OdbcSettings {
  std::string driver = "FreeTDS";         // a registered name, or the full path of the driver's library
  std::string ca_file;                    // PEM; empty: the system's CAs. FreeTDS only
  bool trust_server_certificate = false;  // encrypt, but take any certificate
  std::uint16_t browser_port = 1434;      // UDP, for targets known by their instance name only
  bool check_name = true;                 // off: whatever name the certificate is made out to. FreeTDS only
};

// Connections are encrypted always; the certificate and the host's name in it are checked unless
// `trust_server_certificate` says otherwise. Make it before starting threads (FreetdsConf sets an environment
// variable).
class OdbcConnector final : public SqlConnector {
 public:
  // ErrorKind::usage where the driver is missing, a setting is wrong, or tracing is on (TDSDUMP, unixODBC's
  // Trace): a trace would hold the secret in plain text.
  static Result<std::unique_ptr<OdbcConnector>> open(OdbcSettings settings);

  Result<std::unique_ptr<SqlSession>> connect(const SqlAddress& address, const SqlLogin& login,
                                              Duration timeout) override;

 private:
  OdbcConnector(OdbcSettings settings, OdbcHandle environment)
      : settings_(std::move(settings)), environment_(std::move(environment)) {}
  Result<std::unique_ptr<SqlSession>> connect_to(const std::string& host, std::uint16_t port,
                                                 const SqlLogin& login, Duration timeout);

  const OdbcSettings settings_;
  const OdbcHandle environment_;
  std::shared_ptr<FreetdsConf> freetds_conf_;  // FreeTDS only
};

}  // namespace keyturn::sqlserver
