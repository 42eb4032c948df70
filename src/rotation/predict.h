// The world as it will be if an action succeeds: for `keyturn plan`, and to hold `decide` to its promises in
// tests.
#pragma once

#include "rotation/decide.h"

namespace keyturn::rotation {

// Changes `world` and `memory` as the action would. Stop changes nothing.
void predict(const Action& action, Observation& world, RunMemory& memory);

// The id that stands for a key that is yet to be created.
inline constexpr const char* kFutureKey = "(new key)";

}  // namespace keyturn::rotation
