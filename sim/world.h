// The simulated AWS account: one state under unit tests, the simulator in virtual time, and the lab.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "sim/call_log.h"
#include "sim/ec2.h"
#include "sim/faults.h"
#include "sim/iam.h"
#include "sim/lambda.h"
#include "sim/s3.h"
#include "sim/secrets_manager.h"

namespace keyturn::sim {

// Thread-safe. Holds references: clock and random must outlive it. Making one is cheap (no I/O, next to no
// memory), so that exploration can afford hundreds of thousands; the same seed and the same calls give the
// same world.
class World {
 public:
  World(Clock& clock, Random& random)
      : clock_(clock),
        random_(random),
        iam_(clock, random),
        secrets_(clock, random),
        ec2_(clock, random),
        s3_(clock, random),
        lambda_(clock, random) {}

  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] FaultBoard& faults() { return faults_; }
  [[nodiscard]] CallLog& calls() { return calls_; }
  [[nodiscard]] Iam& iam() { return iam_; }
  [[nodiscard]] SecretsManager& secrets() { return secrets_; }
  [[nodiscard]] Ec2& ec2() { return ec2_; }
  [[nodiscard]] S3& s3() { return s3_; }
  [[nodiscard]] Lambda& lambda() { return lambda_; }

  // For callers of the C++ interfaces, which keep no record themselves; the HTTP front does.
  void log_call(std::string service, std::string operation, std::string outcome, std::string by) {
    calls_.add({clock_.now(), std::move(service), std::move(operation), std::move(outcome), std::move(by)});
  }

 private:
  Clock& clock_;
  Random& random_;
  FaultBoard faults_;
  CallLog calls_;
  Iam iam_;
  SecretsManager secrets_;
  Ec2 ec2_;
  S3 s3_;
  Lambda lambda_;
};

}  // namespace keyturn::sim
