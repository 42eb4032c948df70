// The real keyturn: the lab installs it on its hosts, and has it print the documents that it stores.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace keyturn::lab {

// `given`, or where builds and packages have it beside keyturn-lab. ErrorKind::usage.
Result<std::filesystem::path> find_keyturn(const std::filesystem::path& given);

// What it prints, started with `arguments` in `folder` and without any environment; it has ten seconds. An
// exit status other than 0 is an error with what it said.
Result<std::string> output_of_keyturn(const std::filesystem::path& keyturn,
                                      const std::vector<std::string>& arguments,
                                      const std::filesystem::path& folder);

}  // namespace keyturn::lab
