// What keyturn needs of /var/opt/mssql/mssql.conf. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace keyturn::host {

struct MssqlConf {
  std::uint16_t port = 1433;    // network.tcpport
  std::string address;          // network.ipaddress; empty: all
  std::string tls_certificate;  // network.tlscert; empty: SQL Server makes one itself at each start
  std::string error_log = "/var/opt/mssql/log/errorlog";       // filelocation.errorlogfile
  std::string master_file = "/var/opt/mssql/data/master.mdf";  // filelocation.masterdatafile
};

// ErrorKind::usage where the port or the address can't be one; everything else that is wrong is skipped.
Result<MssqlConf> parse_mssql_conf(std::string_view text);

// 1 to 65535; ErrorKind::usage. `where` names the setting.
Result<std::uint16_t> parse_port(std::string_view text, std::string_view where);

}  // namespace keyturn::host
