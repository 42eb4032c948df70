// Where the configuration file of a person's own commands is looked for, on this system.
#pragma once

#include <filesystem>
#include <vector>

#include "aws/environment.h"

namespace keyturn::setup {

// The first that exists is taken. Only places that nobody else but administrators can write to.
std::vector<std::filesystem::path> configuration_files(const aws::Environment& environment);

}  // namespace keyturn::setup
