// The region that a rendered text is for.
#pragma once

#include <string>

#include "cli/options.h"
#include "setup/config.h"

namespace keyturn::cli {

// From option, configuration, environment or profile, without asking a service; empty: nobody says it.
Result<std::string> known_region(const Options& options, const setup::Config& config);

}  // namespace keyturn::cli
