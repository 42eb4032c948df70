// What the Command document runs on a host: the texts of linux_step.sh and windows_step.ps1, put in by CMake.
// @KEYTURN_VERSION@ in them stands for the version of this program.
#pragma once

#include <string_view>

namespace keyturn::render {

extern const std::string_view kLinuxStep;
extern const std::string_view kWindowsStep;

}  // namespace keyturn::render
