// May what listens here be given a login? The decision alone; Windows's tables are asked elsewhere. It takes
// the place of a certificate: any user of the host may listen on the port of a SQL Server that is stopped.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "host/windows/network.h"

namespace keyturn::host {

// Who is to be there: the processes of one service, or of several where it is not known which.
struct Expected {
  std::string service;  // for messages: "the service MSSQL$PAYROLL"
  std::set<std::uint32_t> processes;
};

// Every listener that a connection to the port at one of these addresses could reach must be of these
// processes, and there must be one. ErrorKind::unavailable: nobody listens; denied: somebody else does, or
// Windows does not tell who.
Result<void> check_tcp_owner(const std::vector<TcpListener>& listeners,
                             const std::vector<std::string>& addresses, std::uint16_t port,
                             const Expected& expected);

// The same for the process that serves a named pipe.
Result<void> check_pipe_owner(const std::string& pipe, std::uint32_t process, const Expected& expected);

}  // namespace keyturn::host
