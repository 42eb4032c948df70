// Reads [rotation.fleet] and [[rotation.target]]. Used by config.cc alone, since it brings in toml++.
#pragma once

#include "setup/config_table.h"
#include "setup/fleet_settings.h"

namespace keyturn::setup {

void read_fleet(ConfigTable& rotation, FleetSettings& fleet, ConfigProblems& problems);

}  // namespace keyturn::setup
