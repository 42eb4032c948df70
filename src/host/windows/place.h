// Where keyturn connects to an instance, of all the ways that the registry names. Pure functions.
#pragma once

#include <functional>
#include <string>

#include "host/windows/server_settings.h"
#include "sqlserver/sql_session.h"

namespace keyturn::host {

struct Place {
  sqlserver::SqlAddress address;
  std::string note;     // a sentence where there was a choice; may be empty
  std::string problem;  // why there is none; else empty
};

// Whether the instance listens there now.
using Listens = std::function<bool(const Endpoint&)>;

// TCP before shared memory before a named pipe. Of several ports the first that the instance listens on, or
// else the first: a port that was set since its start is none yet. Over loopback where it listens there, else
// at the address that it is bound to; a cluster's instance at its network name.
Place choose_place(const std::string& instance, const ServerSettings& settings, const Listens& listens);

// The pipe behind a channel: shared memory is opened by way of one, too.
std::string pipe_of_channel(const std::string& channel, const std::string& instance);

}  // namespace keyturn::host
