// The process around the program: signals, core dumps, and an environment that must not leak secrets.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"

namespace keyturn::cli {

// No core dumps and no debugger, since secrets are in memory; SIGPIPE ignored, so that a closed stdout is an
// error of write().
void harden_process();

// SIGINT and SIGTERM set `stop`; a second one ends the process at once. One that was ignored at the start
// stays ignored, as nohup means it. `stop` must outlive the process.
void stop_on_signals(StopFlag& stop);

// Refuses variables that make a library write secrets to a file.
std::optional<Error> check_environment();

}  // namespace keyturn::cli
