// What one host answered to a command: its report, or why there is none.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/ssm.h"
#include "report/host_report.h"
#include "rotation/observation.h"

namespace keyturn::fleet {

struct HostAnswer {
  std::optional<report::HostReport> report;
  Error error;  // where there is no report; its effect is what the command left on the host
};

struct ExpectedReport {
  std::string command;          // "check", "apply"
  rotation::VersionId version;  // that was to be written; empty for a look
  // No date in it may be later: the fleet's quiet times count from the latest, so that one host could hold
  // all up.
  TimePoint latest;
};
// A server's clock is taken for what it says of ages, but local time jumps by an hour when summer ends.
inline constexpr Duration kFutureTolerance = std::chrono::hours{2};

// `whole` asks for a step's whole output, where the listing cut it.
using WholeOutput = std::function<Result<aws::SsmStepOutput>(const std::string& step)>;

// Goes by the report, wherever there is one: SSM's status alone says "Success" of a host where nothing ran,
// and "Failed" of one where a single instance did.
HostAnswer read_answer(const std::string& host, const aws::SsmInvocation& invocation,
                       const ExpectedReport& expected, const WholeOutput& whole);

// The targets of a host as its report has them: HOST for the default instance, HOST\INSTANCE for others. A
// host without SQL Server is one skipped target; one whose report says nothing of its instances an
// unreachable one.
std::vector<rotation::TargetState> states_of(const std::string& host, const report::HostReport& report);
rotation::TargetName target_name(const std::string& host, const std::string& instance);

rotation::TargetState unreachable(const rotation::TargetName& name, const std::string& reason,
                                  std::optional<TimePoint> since);

}  // namespace keyturn::fleet
