// What an instance's service and settings make of it: visited, unreachable, or no target here. Pure
// functions.
#pragma once

#include "host/machine.h"
#include "host/windows/installed.h"
#include "host/windows/server_settings.h"
#include "host/windows/service_manager.h"

namespace keyturn::host {

// Sets `skipped` (and whether as a passive node) or `unreachable`, or neither: it is to be visited. A service
// that Windows does not tell of is: the connection will show. `start_patience` is how long it was waited for.
void add_standing(Instance& instance, const Installed& installed, const ServerSettings& settings,
                  const Result<WindowsService>& service, Duration start_patience);

}  // namespace keyturn::host
