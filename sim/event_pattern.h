// Does an event match the pattern of an EventBridge rule? Facts: Amazon EventBridge user guide, "Creating
// event patterns", "Comparison operators".
#pragma once

#include <string>

#include "sim/service_error.h"

namespace keyturn::sim {

// InvalidEventPatternException where it is none, or uses an operator that is not read here: known are values,
// prefix, suffix, equals-ignore-case, anything-but (of values), exists and numeric.
Reply<void> check_event_pattern(const std::string& pattern);

// Both JSON; the pattern has been checked.
bool matches_event_pattern(const std::string& pattern, const std::string& event);

}  // namespace keyturn::sim
