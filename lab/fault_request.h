// Faults as the control interface takes them: JSON, held against what can happen in this lab at all.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "sim/faults.h"

namespace keyturn::lab {

// Every "service:Operation" of the simulated AWS, and "tds:TARGET:login" … of these targets.
std::vector<std::string> known_operations(const std::vector<std::string>& targets);

// ErrorKind::usage with a sentence: also where nothing that can happen would match.
Result<sim::Fault> parse_fault(const nlohmann::json& object, const std::vector<std::string>& operations);

nlohmann::json to_json(const sim::Fault& fault);

}  // namespace keyturn::lab
