// What `keyturn apply` and `keyturn discover` say of a host: one line of JSON, written on the host, carried
// by SSM (24,000 characters of it, 2,500 in a list), read by the ssm distributor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "report/text_style.h"
#include "rotation/decision.h"
#include "rotation/observation.h"

namespace keyturn::report {

// SSM keeps so many characters of a step's standard output (API reference, GetCommandInvocation).
inline constexpr std::size_t kHostReportLimit = 24'000;
// A report without any instance is never longer.
inline constexpr std::size_t kLeastHostReportLimit = 1'500;

struct HostInstance {
  // Its name is the instance's on the host: "MSSQLSERVER", "PAYROLL", or as the host's configuration renames
  // it.
  rotation::TargetState state;
  std::string error;  // why it was not written, a sentence; empty: written and confirmed, or only looked at
  bool backup_refused = false;  // that is: written and confirmed, but it could not back up with the key
  // The failover cluster instance that it is, by the same name on each of its nodes; empty: none, or not
  // known.
  std::string cluster{};
  bool is_passive = false;  // skipped, since this node does not run it now
};

struct HostReport {
  std::string program_version;  // of the keyturn on the host
  std::string host;             // as it calls itself
  std::string command;          // "apply", "check", "discover"
  rotation::Outcome outcome = rotation::Outcome::done;
  std::string reason;           // a sentence: how it ended
  rotation::VersionId version;  // that was to be written; empty for a look
  TimePoint at;                 // when it was written; the host's clock, corrected by AWS's
  std::vector<HostInstance> instances;
  std::size_t left_out = 0;  // instances that did not fit
};

// One line of ASCII without a line end, at most `limit` characters (kLeastHostReportLimit or more). What does
// not fit is cut in this order: texts are shortened; credentials of one instance that are alike (same key,
// confirmed or not) become one, which changes nothing for a decision, first of confirmed instances, then of
// all; versions, editions and warnings go, and running backups but the earliest; then whole instances,
// counted in `left_out`: confirmed and skipped ones before failures. Dates are those of 1970 to 9999.
std::string host_report_json(const HostReport& report, std::size_t limit = kHostReportLimit);

// Several lines, for a person on the host.
std::string host_report_text(const HostReport& report, const TextStyle& style);

// ErrorKind::invalid_reply where the text is not one whole report, a cut one among them.
Result<HostReport> parse_host_report(std::string_view text);

}  // namespace keyturn::report
