// What a run did, saw and left: all that a report, a notification or an auditor's evidence needs. Plain data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rotation/decide.h"

namespace keyturn::rotation {

struct StepTarget {
  TargetName name;
  std::string error;  // a sentence; empty: written and read back
};

struct Step {
  TimePoint at;
  TimePoint ended_at;
  int row = 0;
  std::string action;  // name_of(action)
  std::string reason;
  VersionId version;  // empty where the action has none
  KeyId key;          // likewise; of `create`: the new key's id
  std::vector<StepTarget> targets;
  std::optional<Error> error;
};

struct RunResult {
  std::string run_id;
  Command command = Command::reconcile;
  TimePoint started_at;
  TimePoint ended_at;
  Outcome outcome = Outcome::done;
  std::string reason;  // a sentence: why it ended there
  std::string hint;    // what to do next; may be empty
  std::vector<Step> steps;
  std::optional<Observation> before;  // nothing where the world could not be observed
  std::optional<Observation> after;
  std::vector<Blocker> blockers;
  std::vector<Laggard> laggards;
  std::vector<std::string> pending_work;
};

struct PlannedStep {
  int row = 0;
  std::string action;
  std::string reason;
  KeyId key;
  std::vector<TargetName> targets;
};

// One observation, and what a run would do from there if every step goes well.
struct Plan {
  Command command = Command::reconcile;
  Observation observation;
  std::vector<PlannedStep> steps;
  Outcome outcome = Outcome::done;
  std::string reason;
  std::vector<Blocker> blockers;
  std::vector<Laggard> laggards;
  std::vector<std::string> pending_work;
};

}  // namespace keyturn::rotation
