#include "cli/waiting.h"

#include <algorithm>

namespace keyturn::cli {

using rotation::Outcome;

bool worth_waiting(const rotation::RunResult& result) {
  if (result.outcome == Outcome::incomplete || result.outcome == Outcome::another_run) return true;
  return result.outcome == Outcome::done && !result.pending_work.empty();
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
  rotation::RunResult result = run_once(command);
  while (worth_waiting(result) && clock.now() < end && !stop.requested()) {
    clock.sleep_for(next_pause(wait, end - clock.now()), &stop);
    if (stop.requested()) break;
    // A rotation that another run holds up is still to be done; one that was finished is not to be done
    // twice.
    const bool begun = result.outcome != Outcome::another_run || command != rotation::Command::rotate;
    result = joined(std::move(result), run_once(begun ? rotation::Command::reconcile : command));
  }
  return result;
}

}  // namespace keyturn::cli
