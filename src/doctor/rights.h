// The rights of whoever runs this: reads are tried, the others are IAM's to tell, if it may be asked.
#pragma once

#include "doctor/finding.h"
#include "doctor/scene.h"
#include "render/rights.h"

namespace keyturn::doctor {

// right: one finding for what is allowed of a statement, one for each right that is missing.
Findings examine_rights(const Scene& scene, const Knowledge& known, const aws::CallerIdentity& caller);

enum class Allowed { yes, no, unknown };
struct ActionVerdict {
  std::string action;
  Allowed tried = Allowed::unknown;      // by a call that was really made
  Allowed simulated = Allowed::unknown;  // by IAM's own word
};
// A call that was made says more than a simulation, and a simulation that denies what a call was allowed does
// not know all.
Findings judge_statement(const render::Right& right, const std::vector<ActionVerdict>& actions,
                         const std::string& unknown_since, const std::string& caller);

// What SimulatePrincipalPolicy takes: "arn:aws:sts::1:assumed-role/NAME/SESSION" is the role NAME. Empty for
// whoever is neither user nor role.
std::string principal_of(const std::string& caller_arn);

}  // namespace keyturn::doctor
