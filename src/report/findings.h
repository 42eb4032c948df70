// What `keyturn doctor` found: one finding a precondition, as a stable JSON document (docs/json.md) or as
// text for people. Pure: no I/O, no clock.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace keyturn::report {

enum class Verdict {
  ok,
  warning,  // keyturn works; a person should know
  failed,   // keyturn does not work, or part of the fleet is left out
  skipped,  // could not be looked at, or can't be told: no alarm by itself
};
const char* to_string(Verdict verdict);

struct Finding {
  std::string check;    // a stable name: "secret.credential"
  std::string subject;  // what was looked at: the secret's name, the target's …
  Verdict verdict = Verdict::ok;
  std::string message;  // a sentence: how it is, and what that means
  std::string mend;     // what to type or where to click; empty where there is nothing to mend
};
using Findings = std::vector<Finding>;

// What concerns one rotation; of the machine and account in common: without a name.
struct FindingsOf {
  std::string rotation;
  Findings findings;
};

// `failed` where a finding is, else `done`.
rotation::Outcome outcome_of(const std::vector<FindingsOf>& all);

std::string findings_json(const Heading& heading, const std::vector<FindingsOf>& all);
std::string findings_text(const std::vector<FindingsOf>& all, const TextStyle& style);

}  // namespace keyturn::report
