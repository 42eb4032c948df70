#include "rotation/policy.h"

#include <fmt/format.h>

namespace keyturn::rotation {
namespace {

tl::unexpected<Error> refuse(std::string message, std::string hint) {
  return fail(ErrorKind::usage, std::move(message), std::move(hint));
}

tl::unexpected<Error> refuse_order(const char* longer, Duration longer_value, const char* shorter,
                                   Duration shorter_value, const char* why) {
  return refuse(fmt::format("{} ({}) must be longer than {} ({}): {}.", longer, format_duration(longer_value),
                            shorter, format_duration(shorter_value), why),
                fmt::format("Raise {} or lower {}.", longer, shorter));
}

}  // namespace

const char* to_string(ProofBackup proof) {
  switch (proof) {
    case ProofBackup::off:
      return "off";
    case ProofBackup::canary:
      return "canary";
    case ProofBackup::all:
      break;
  }
  return "all";
}

Result<void> Policy::validate() const {
  if (deadline <= Duration{0}) return refuse("deadline must be longer than 0s.", "15m is the default.");
  // The protocol leans on these: what a run decided may still land until its deadline, so whatever is
  // irreversible must wait longer than that.
  if (grace <= deadline)
    return refuse_order("grace", grace, "deadline", deadline,
                        "a write that was under way could land on a dead key");
  if (quarantine <= deadline)
    return refuse_order("quarantine", quarantine, "deadline", deadline,
                        "a key could be deleted that a run under way still reactivates");
  if (orphan_min_age <= deadline)
    return refuse_order("orphan_min_age", orphan_min_age, "deadline", deadline,
                        "a key could be deleted that another run is about to store");
  if (grace <= longest_backup)
    return refuse_order(
        "grace", grace, "longest_backup", longest_backup,
        "a use of the old key after the longest backup could not be seen before it is deactivated");
  if (patience <= grace)
    return refuse_order("patience", patience, "grace", grace,
                        "targets would be written off before their time");
  if (intent_window <= Duration{0} || intent_window > deadline)
    return refuse("intent_window must be longer than 0s and no longer than deadline.", "1m is the default.");
  if (propagation <= Duration{0}) return refuse("propagation must be longer than 0s.", "2m is the default.");
  if (max_age <= Duration{0}) return refuse("max_age must be longer than 0s.", "7d is the default.");
  if (wave_percent < 1 || wave_percent > 100)
    return refuse("wave_percent must be from 1 to 100.", "25 is the default.");
  if (max_errors_percent < 0 || max_errors_percent > 100)
    return refuse("max_errors_percent must be from 0 to 100.", "10 is the default.");
  return {};
}

}  // namespace keyturn::rotation
