// From what is installed on a host to what is reported and visited. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "fleet/inventory.h"
#include "host/instance_settings.h"
#include "report/host_report.h"
#include "setup/host_settings.h"

namespace keyturn::cli {

std::vector<host::InstanceSettings> instance_settings(const setup::HostSettings& settings);

// What is known of each instance before it is asked itself. A host without any has one to tell of
// nevertheless, skipped: whoever tagged it should know.
std::vector<report::HostInstance> unasked(const std::vector<host::Instance>& instances);

// Where an instance is reached, for `keyturn discover`, a sentence or two. `checked`: a listener was found
// there, and is its own.
std::string where(const host::Instance& instance, bool checked);

// Those that can hold credentials. `clock_correction` is what the host's dates lack.
std::vector<fleet::InventoryTarget> targets_of(const std::vector<host::Instance>& instances,
                                               Duration clock_correction);

}  // namespace keyturn::cli
