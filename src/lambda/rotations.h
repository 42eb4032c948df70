// Runs and plans over the rotations of the configuration, logged and measured. Internal to lambda/.
#pragma once

#include "lambda/handler.h"
#include "report/report.h"

namespace keyturn::lambda {

// One run or plan; its outcome goes to the metrics. Not begun where a stop is requested
// (ErrorKind::cancelled).
Result<rotation::RunResult> run_one(const HandlerParts& parts, const setup::RotationSettings& settings,
                                    rotation::Command command, const rotation::RunOptions& options);

// The same, and after it the turn of the SQL login's password, where keyturn rotates that. A failure there is
// counted by metrics of its own.
report::Entry<rotation::RunResult> run_entry(const HandlerParts& parts,
                                             const setup::RotationSettings& settings,
                                             rotation::Command command, const rotation::RunOptions& options);
report::Entry<rotation::Plan> plan_entry(const HandlerParts& parts, const setup::RotationSettings& settings);

// Is work left that another call can go on with at once? `stopped`: the time of this one was over.
bool is_again(const report::Entry<rotation::RunResult>& entry, bool stopped);

// What makes an answer of these entries an error. `all_targets`: that targets are left behind, too.
std::optional<FunctionError> error_of(const report::RunEntries& entries, bool stopped, bool all_targets);

// Of one outcome: "Function.Blocked" …
std::string error_type_of(rotation::Outcome outcome);

}  // namespace keyturn::lambda
