// How far one step of a rotation has come, and how that looks on a terminal. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "report/text_style.h"
#include "rotation/observation.h"

namespace keyturn::cli {

struct Rollout {
  std::string rotation;
  std::string action;  // the step under way: "distribute"; "observe" between steps
  rotation::KeyId key;
  TimePoint began_at;
  std::set<rotation::TargetName> known;      // all that hold, or shall hold, the key
  std::set<rotation::TargetName> confirmed;  // of those
  std::set<rotation::TargetName> failed;
  std::set<rotation::TargetName> read;       // in the observation under way
  std::set<rotation::TargetName> in_flight;  // being visited now
};

// Two lines at most, none wider than the style allows.
std::vector<std::string> render(const Rollout& rollout, TimePoint now, const report::TextStyle& style);

}  // namespace keyturn::cli
