// The process around the program: signals, what a crash leaves, and an environment that must not leak
// secrets.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace keyturn::cli {

// A crash leaves no memory on disk, since secrets are in it, and asks nobody anything. Linux: no core dumps,
// no debugger; SIGPIPE ignored, so that a closed stdout is an error of write(). Windows: error reports
// without the heap, no dialogues; libraries come from the system's folder only.
void harden_process();

// SIGINT and SIGTERM (Windows: Ctrl-C, Ctrl-Break, the console's or the system's end) set `stop`; a second
// one ends the process at once. One that was ignored at the start stays ignored, as nohup means it. `stop`
// must outlive the process.
void stop_on_signals(StopFlag& stop);

// Refuses variables that make a library write secrets to a file.
std::optional<Error> check_environment();

// What a person types to be rid of a variable: "`unset NAME`".
std::string removal_of_variable(const std::string& name);

}  // namespace keyturn::cli
