// `keyturn doctor`: every precondition looked at, as far as one can without changing anything.
#pragma once

#include <vector>

#include "base/clock.h"
#include "report/findings.h"
#include "setup/wiring.h"

namespace keyturn::doctor {

// First what concerns the machine and the account, then each rotation of `config`. A check that can't be made
// since another failed is `skipped`. Everything given must outlive the call; `stop` ends it between
// rotations.
std::vector<report::FindingsOf> examine(const setup::Config& config, setup::Wiring& wiring, Clock& clock,
                                        const StopFlag& stop);

}  // namespace keyturn::doctor
