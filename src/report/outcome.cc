#include <algorithm>
#include <array>

#include "report/report.h"

namespace keyturn::report {

using rotation::Outcome;

namespace {

// What needs a person most comes first.
constexpr std::array kByUrgency{Outcome::bad_usage,   Outcome::failed,     Outcome::blocked,
                                Outcome::another_run, Outcome::incomplete, Outcome::done};

template <class T>
Outcome worst_of_entries(const std::vector<Entry<T>>& entries) {
  Outcome worst = Outcome::done;
  for (const Entry<T>& entry : entries) {
    worst = worst_of(worst, entry.result ? entry.result->outcome : outcome_of(entry.result.error()));
    if (entry.login) worst = worst_of(worst, entry.login->outcome);
  }
  return worst;
}

}  // namespace

Outcome worst_of(Outcome a, Outcome b) {
  return *std::find_if(kByUrgency.begin(), kByUrgency.end(), [&](Outcome o) { return o == a || o == b; });
}

Outcome outcome_of(const Error& error) {
  // What is named in the configuration and does not exist is a wrong configuration, and so are credentials
  // that are not there; with a code it is AWS that did not take them.
  const bool usage = error.kind == ErrorKind::usage || error.kind == ErrorKind::not_found ||
                     (error.kind == ErrorKind::credentials && error.code.empty());
  return usage ? Outcome::bad_usage : Outcome::failed;
}

Outcome outcome_of(const RunEntries& entries) { return worst_of_entries(entries); }
Outcome outcome_of(const PlanEntries& entries) { return worst_of_entries(entries); }

Outcome outcome_of(const SetupErrors& errors) {
  Outcome worst = Outcome::done;
  for (const SetupError& error : errors) worst = worst_of(worst, outcome_of(error.error));
  return worst;
}

}  // namespace keyturn::report
