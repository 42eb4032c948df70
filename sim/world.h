// The simulated AWS account: one state under unit tests, the simulator in virtual time, and the lab.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "base/random.h"
#include "sim/automation.h"
#include "sim/call_log.h"
#include "sim/ec2.h"
#include "sim/event_target.h"
#include "sim/events.h"
#include "sim/faults.h"
#include "sim/iam.h"
#include "sim/kms.h"
#include "sim/lambda.h"
#include "sim/rights_log.h"
#include "sim/s3.h"
#include "sim/schedule_clock.h"
#include "sim/scheduler.h"
#include "sim/secret_rotation.h"
#include "sim/secrets_manager.h"
#include "sim/sns.h"
#include "sim/ssm.h"

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
        kms_(random),
        secrets_(clock, random),
        ec2_(clock, random),
        s3_(clock, random),
        ssm_(clock, random, ec2_),
        lambda_(clock, random),
        sns_(clock, random),
        schedule_clock_(clock),
        automation_(clock, random, ssm_, lambda_, iam_),
        event_targets_(clock, automation_, lambda_, sns_, iam_),
        events_(clock, schedule_clock_, event_targets_, ec2_, random),
        scheduler_(clock, schedule_clock_, event_targets_, random),
        rotations_(clock, schedule_clock_, secrets_, lambda_, random) {}

  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] FaultBoard& faults() { return faults_; }
  [[nodiscard]] CallLog& calls() { return calls_; }
  [[nodiscard]] RightsLog& rights() { return rights_; }
  [[nodiscard]] Iam& iam() { return iam_; }
  [[nodiscard]] Kms& kms() { return kms_; }
  [[nodiscard]] SecretsManager& secrets() { return secrets_; }
  [[nodiscard]] Ec2& ec2() { return ec2_; }
  [[nodiscard]] S3& s3() { return s3_; }
  [[nodiscard]] Ssm& ssm() { return ssm_; }
  [[nodiscard]] Lambda& lambda() { return lambda_; }
  [[nodiscard]] Sns& sns() { return sns_; }
  [[nodiscard]] ScheduleClock& schedule_clock() { return schedule_clock_; }
  [[nodiscard]] Automation& automation() { return automation_; }
  [[nodiscard]] EventTargets& event_targets() { return event_targets_; }
  [[nodiscard]] EventBridge& events() { return events_; }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  [[nodiscard]] SecretRotations& rotations() { return rotations_; }

  // AWS's clock as its clients see it: in the dates of its answers, and in what it takes for now when it
  // checks a signature. Ahead of everybody else's by what was set.
  [[nodiscard]] TimePoint aws_now() const { return clock_.now() + aws_ahead_.load(); }
  void set_aws_ahead(Duration ahead) { aws_ahead_ = ahead; }

  // What happens by itself as time passes: to be called now and then, from any thread.
  void advance() {
    events_.advance();
    scheduler_.advance();
    rotations_.advance();
    lambda_.advance();
    ssm_.advance();
    automation_.advance();
  }

  // For callers of the C++ interfaces, which keep no record themselves; the HTTP front does.
  void log_call(std::string service, std::string operation, std::string outcome, std::string by) {
    calls_.add({clock_.now(), std::move(service), std::move(operation), std::move(outcome), std::move(by)});
  }

 private:
  Clock& clock_;
  std::atomic<Duration> aws_ahead_{Duration{0}};
  Random& random_;
  FaultBoard faults_;
  CallLog calls_;
  RightsLog rights_;
  Iam iam_;
  Kms kms_;
  SecretsManager secrets_;
  Ec2 ec2_;
  S3 s3_;
  Ssm ssm_;
  Lambda lambda_;
  Sns sns_;
  ScheduleClock schedule_clock_;
  Automation automation_;
  EventTargets event_targets_;
  EventBridge events_;
  Scheduler scheduler_;
  SecretRotations rotations_;
};

}  // namespace keyturn::sim
