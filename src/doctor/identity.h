// Who keyturn is to AWS, and whether this machine's clock lets it be anybody.
#pragma once

#include <optional>

#include "aws/aws_context.h"
#include "base/clock.h"
#include "doctor/finding.h"

namespace keyturn::doctor {

struct Caller {
  Findings findings;
  std::optional<aws::CallerIdentity> identity;  // nothing: AWS takes no call
};

// aws.clock, aws.credentials, aws.identity
Caller examine_caller(const aws::AwsContext& aws, const Clock& clock);

// AWS said `date`, in whole seconds, to a question that was asked and answered at these times of this
// machine.
Finding clock_finding(TimePoint date, TimePoint asked, TimePoint answered);

}  // namespace keyturn::doctor
