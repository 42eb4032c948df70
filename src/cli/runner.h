// Runs one command over the chosen rotations and prints what came of it.
#pragma once

#include "cli/options.h"

namespace keyturn::cli {

// Both answer the exit status. Everything that goes wrong is told; nothing is thrown.
int run_rotations(const Options& options, rotation::Command command);

// Looks at every precondition, changes nothing.
int run_doctor(const Options& options);

enum class PlanView { plan, status };
int run_plans(const Options& options, rotation::Command command, PlanView view);

}  // namespace keyturn::cli
