// The configuration with which keyturn works against a lab.
#pragma once

#include <string>

#include "lab/lab_config.h"
#include "lab/rack.h"

namespace keyturn::lab {

// TOML (docs/configuration.md). Default instances are given by port, named ones by name, for SQL Browser to
// find.
std::string keyturn_config(const LabConfig& config, const Rack& rack, const std::string& ca_file);

}  // namespace keyturn::lab
