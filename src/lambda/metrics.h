// CloudWatch metrics in the embedded format: one line of the log each, which CloudWatch turns into metrics.
// Facts: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
#pragma once

#include <string>

#include "rotation/run_result.h"

namespace keyturn::lambda {

// Namespace "keyturn", dimension "Rotation"; docs/lambda.md lists the metrics. Numbers and access key ids
// only.
std::string run_metrics(const std::string& rotation, const rotation::RunResult& run, TimePoint now);
std::string plan_metrics(const std::string& rotation, const rotation::Plan& plan, TimePoint now);
// Of a rotation that could not even be set up.
std::string outcome_metrics(const std::string& rotation, rotation::Outcome outcome, TimePoint now);

}  // namespace keyturn::lambda
