// What the stand-in serves: TCP ports, whose connections go on to another port, and named pipes.
#pragma once

#include <atomic>

#include "tests/windows/service/stand_in.h"

namespace keyturn::stand_in {

// Listens from now on until the process ends; while `is_paused`, new connections are closed at once. Throws
// std::runtime_error where the port is taken. `is_paused` must live as long as the process.
void listen_on(const Listening& listening, const std::atomic<bool>& is_paused);

// Serves \\.\pipe\NAME until the process ends: whoever connects is told nothing.
void serve_pipe(const std::string& name);

}  // namespace keyturn::stand_in
