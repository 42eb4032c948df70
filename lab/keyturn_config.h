// The configuration with which keyturn works against a lab.
#pragma once

#include <string>

#include "lab/lab_config.h"
#include "lab/rack.h"

namespace keyturn::lab {

// TOML (docs/configuration.md). Default instances are given by port, named ones by name, for SQL Browser to
// find.
std::string direct_config(const LabConfig& config, const Rack& rack, const std::string& ca_file);
// The same fleet over Systems Manager, found by its tag.
std::string ssm_config(const LabConfig& config, const Rack& rack);

}  // namespace keyturn::lab
