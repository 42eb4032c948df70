// Reads [host]. Used by config.cc alone, since it brings in toml++.
#pragma once

#include "setup/config_table.h"
#include "setup/host_settings.h"

namespace keyturn::setup {

void read_host(const toml::table& table, HostSettings& host, ConfigProblems& problems);

}  // namespace keyturn::setup
