// --wait: one run after another until nothing is left to do.
#pragma once

#include <functional>

#include "base/clock.h"
#include "rotation/run_result.h"

namespace keyturn::cli {

// Is something left that time alone may bring about?
bool worth_waiting(const rotation::RunResult& result);

// Time until the next run, given how long `--wait` is and how much of it is left.
Duration next_pause(Duration wait, Duration left);

// The runs as one: what the later one says counts, and the steps of both.
rotation::RunResult joined(rotation::RunResult earlier, rotation::RunResult later);

using RunOnce = std::function<rotation::RunResult(rotation::Command)>;

// Runs `command`, then reconciles until nothing is left to do, `wait` is over, or `stop` is requested. A run
// that fails, or that a person must settle, is the last one.
rotation::RunResult run_and_wait(const RunOnce& run_once, rotation::Command command, Duration wait,
                                 Clock& clock, const StopFlag& stop);

}  // namespace keyturn::cli
