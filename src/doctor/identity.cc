#include "doctor/identity.h"

#include <fmt/format.h>

namespace keyturn::doctor {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// AWS refuses what is dated more than five minutes off, S3 what is fifteen.
constexpr Duration kRefused = minutes{4};
constexpr Duration kNoticed = seconds{30};
constexpr const char* kSetClock =
    "Linux: `sudo timedatectl set-ntp true`; Windows: `w32tm /resync` as an administrator.";

}  // namespace

Finding clock_finding(TimePoint date, TimePoint asked, TimePoint answered) {
  const Duration ahead = asked - (date + seconds{1});
  const Duration behind = date - answered;
  const Duration off = std::max({ahead, behind, Duration{0}});
  if (off < kNoticed) return ok("aws.clock", "this machine", "Its clock agrees with AWS's.");
  const std::string how =
      fmt::format("Its clock is {} {} AWS's", format_duration(off), ahead > behind ? "ahead of" : "behind");
  if (off < kRefused)
    return warning("aws.clock", "this machine", how + "; five minutes are too much.", kSetClock);
  return failed("aws.clock", "this machine",
                how + ": AWS refuses what is signed at a wrong time, and no age of a key can be told.",
                kSetClock);
}

Caller examine_caller(const aws::AwsContext& aws, const Clock& clock) {
  Caller caller;
  const auto sts = aws.sts();
  if (!sts) {
    caller.findings.push_back(failed("aws.identity", "STS", sts.error()));
    return caller;
  }
  const TimePoint asked = clock.now();
  const auto date = sts->date();
  caller.findings.push_back(date ? clock_finding(*date, asked, clock.now())
                                 : failed("aws.reachable", sts->endpoint(), date.error()));
  const bool may_work = !any_failed(caller.findings);

  const auto credentials = aws.credentials().get();
  if (!credentials) {
    caller.findings.push_back(failed("aws.credentials", "credentials", credentials.error()));
    return caller;
  }
  const auto identity = sts->get_caller_identity();
  if (identity) {
    caller.findings.push_back(
        ok("aws.identity", identity->arn,
           fmt::format("AWS knows the caller, and calls go to {}.", aws.settings().region)));
    caller.identity = *identity;
  } else if (may_work) {
    caller.findings.push_back(failed("aws.credentials", credentials->access_key_id, identity.error()));
  } else {
    caller.findings.push_back(skipped("aws.credentials", credentials->access_key_id,
                                      "They could not be tried: " + identity.error().message));
  }
  return caller;
}

}  // namespace keyturn::doctor
