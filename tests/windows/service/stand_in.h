// The service itself: what it is to do, and the run of it under the service manager.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace keyturn::stand_in {

struct Listening {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint16_t forward = 0;  // to this port of 127.0.0.1; 0: connections are taken and closed
};

struct StandIn {
  std::string service;            // "MSSQLSERVER", "MSSQL$PAYROLL"
  unsigned seconds_starting = 0;  // it stays in START_PENDING for as long
  unsigned seconds_stopping = 0;  // and in STOP_PENDING
  std::vector<Listening>
      sockets;  // listened on from RUNNING on; while it is paused, new connections are closed
  std::vector<std::string> pipes;  // named pipes that it serves: "sql\\query" is \\.\pipe\sql\query
};

// To be called in the process that the service manager starts; returns the exit status when the service has
// ended.
int serve(const StandIn& stand_in);

}  // namespace keyturn::stand_in
