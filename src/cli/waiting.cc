#include "cli/waiting.h"

#include <algorithm>

namespace keyturn::cli {

using rotation::Outcome;

bool worth_waiting(const rotation::RunResult& result) {
  if (result.outcome == Outcome::incomplete || result.outcome == Outcome::another_run) return true;
  return result.outcome == Outcome::done && !result.pending_work.empty();
}

// The run stored a key, or found one stored: from here on reconciling finishes the rotation.
bool has_begun(const rotation::RunResult& result) {
  if (result.after && result.after->secret.at(rotation::Stage::pending) != nullptr) return true;
  return std::any_of(result.steps.begin(), result.steps.end(), [](const rotation::Step& step) {
    return step.action == "promote" || step.action == "drop_pending";
  });
}

// Long waits look seldom: targets are logged in to each time.
Duration next_pause(Duration wait, Duration left) {
  const Duration usual = std::clamp<Duration>(wait / 100, std::chrono::seconds{1}, std::chrono::minutes{10});
  return std::min(usual, left);
}

rotation::RunResult joined(rotation::RunResult earlier, rotation::RunResult later) {
  later.run_id = std::move(earlier.run_id);
  later.command = earlier.command;
  later.started_at = earlier.started_at;
  if (earlier.before) later.before = std::move(earlier.before);
  if (!later.after) later.after = std::move(earlier.after);
  earlier.steps.insert(earlier.steps.end(), later.steps.begin(), later.steps.end());
  later.steps = std::move(earlier.steps);
  return later;
}

rotation::RunResult run_and_wait(const RunOnce& run_once, rotation::Command command, Duration wait,
                                 Clock& clock, const StopFlag& stop) {
  const TimePoint end = clock.now() + wait;
  bool begun = command != rotation::Command::rotate;
  rotation::RunResult result = run_once(command);
  while (worth_waiting(result) && clock.now() < end && !stop.requested()) {
    clock.sleep_for(next_pause(wait, end - clock.now()), &stop);
    if (stop.requested()) break;
    // A rotation that could not begin is still to be done; one that was begun or finished is not to be done
    // twice.
    begun = begun || result.outcome == Outcome::done || has_begun(result);
    result = joined(std::move(result), run_once(begun ? rotation::Command::reconcile : command));
  }
  return result;
}

}  // namespace keyturn::cli
