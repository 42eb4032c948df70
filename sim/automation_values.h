// Values inside an automation: {{ references }}, selectors, types, and the conditions of aws:branch and
// aws:loop.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/service_error.h"

namespace keyturn::sim {

// What references may name: "PARAMETER", "STEP.OUTPUT", "global:DATE_TIME", "automation:EXECUTION_ID".
using AutomationBindings = std::map<std::string, nlohmann::json>;

// `input` with its references replaced at every depth. A text that is one reference and nothing else takes
// over the value's type; inside other text a value that is no text is written as JSON. Refused where a name
// is bound to nothing.
Reply<nlohmann::json> resolve_references(const nlohmann::json& input, const AutomationBindings& bindings);

// Members and indexes of JSONPath: "$", "$.a.b[0]", "$['a']". Null: nothing there. Refused: wildcards,
// filters.
Reply<nlohmann::json> select_value(const nlohmann::json& from, const std::string& selector);

// To String, Integer, Boolean, StringList, StringMap or MapList, where the guide says that it can be
// converted.
Reply<nlohmann::json> convert_value(const nlohmann::json& value, const std::string& type);

// A choice or condition whose references are resolved: {"Variable", operator}, or And, Or, Not of such.
Reply<bool> condition_holds(const nlohmann::json& condition);

// As the API shows outputs and inputs.
std::vector<std::string> as_texts(const nlohmann::json& value);
std::string as_text(const nlohmann::json& value);

}  // namespace keyturn::sim
