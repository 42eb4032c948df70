// Automation documents of Systems Manager, schema 0.3 in JSON. Facts: AWS Systems Manager user guide,
// "Systems Manager Automation actions reference", "Properties shared by all actions".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "sim/ssm_document.h"

namespace keyturn::sim {

// What a step shows under a name of its own.
struct StepOutput {
  std::string name;
  std::string selector;         // "$", "$.Payload", "$.Payload.phase", "$.a[0].b"
  std::string type = "String";  // Integer, Boolean, StringList, StringMap, MapList
};

struct AutomationStep {
  std::string name;
  std::string action;
  std::string inputs = "{}";  // JSON, with {{ references }} in it
  std::vector<StepOutput> outputs;
  std::string on_failure = "Abort";  // "Continue", "step:NAME"
  bool is_critical = true;           // does its failure fail the execution?
  bool is_end = false;
  std::string next_step;  // empty: the one that follows
  int max_attempts = 1;
  std::optional<Duration> timeout;
  std::vector<AutomationStep> steps;  // of aws:loop
};

struct AutomationDocument {
  std::string description;
  std::string assume_role;  // may be a reference; empty: as whoever started it
  std::map<std::string, DocumentParameter> parameters;
  std::vector<AutomationStep> steps;
  std::vector<std::string> outputs;  // "STEP.OUTPUT"
};

// InvalidDocumentContent where it is not one: no JSON (YAML is not read here), unknown properties of a step,
// two steps of one name, a jump to a step that is not there, an action that no AWS account has.
Reply<AutomationDocument> parse_automation_document(const std::string& content);

}  // namespace keyturn::sim
