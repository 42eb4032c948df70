// The Automation document of Systems Manager that turns the key with the two Lambda functions (schema 0.3;
// AWS Systems Manager User Guide, "Systems Manager Automation actions reference"). Why it has this shape:
// docs/decisions/0009-automation-calls-in-a-loop.md.
#pragma once

#include <string>

#include "base/error.h"

namespace keyturn::render {

// Stands in a function's answer, which is JSON on one line, as long as another call could go on at once.
inline constexpr const char* kAgainMark = "\"again\":true";

struct SsmAutomationSettings {
  std::string rotate_function = "SQL-Credentials-RotateCreds";
  std::string update_function = "SQL-Credentials-UpdateCreds";
  std::string
      assume_role;       // ARN; empty: whoever starts the execution names one, or it acts with their rights
  std::string rotation;  // only this one of the functions' configuration; empty: all
};

// JSON, indented, the same for the same settings. ErrorKind::usage where a setting can't be used.
Result<std::string> ssm_automation_document(const SsmAutomationSettings& settings);

}  // namespace keyturn::render
