// How far the visit of one target has come.
#pragma once

#include <functional>
#include <string>

#include "rotation/observation.h"

namespace keyturn::fleet {

enum class VisitPhase { connecting, reading, writing, proving, done };
const char* to_string(VisitPhase phase);

struct Progress {
  rotation::TargetName target;
  VisitPhase phase = VisitPhase::connecting;
  bool is_write = false;  // part of write(), not of observe()
  std::string failure;    // a sentence; only with `done`, empty: all went well
};
// Called by one thread at a time. Must not call the fleet.
using ProgressSink = std::function<void(const Progress&)>;

}  // namespace keyturn::fleet
