// How checks make their findings.
#pragma once

#include <string>

#include "base/error.h"
#include "report/findings.h"

namespace keyturn::doctor {

using report::Finding;
using report::Findings;
using report::Verdict;

inline Finding ok(std::string check, std::string subject, std::string message) {
  return {std::move(check), std::move(subject), Verdict::ok, std::move(message), ""};
}
inline Finding warning(std::string check, std::string subject, std::string message, std::string mend) {
  return {std::move(check), std::move(subject), Verdict::warning, std::move(message), std::move(mend)};
}
inline Finding failed(std::string check, std::string subject, std::string message, std::string mend) {
  return {std::move(check), std::move(subject), Verdict::failed, std::move(message), std::move(mend)};
}
inline Finding failed(std::string check, std::string subject, const Error& error) {
  return failed(std::move(check), std::move(subject), error.message, error.hint);
}
inline Finding skipped(std::string check, std::string subject, std::string message, std::string mend = {}) {
  return {std::move(check), std::move(subject), Verdict::skipped, std::move(message), std::move(mend)};
}

inline bool any_failed(const Findings& findings) {
  for (const Finding& finding : findings)
    if (finding.verdict == Verdict::failed) return true;
  return false;
}

}  // namespace keyturn::doctor
