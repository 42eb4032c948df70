// Secrets Manager's own rotation: the rules of a secret, and the function that is called four times with each
// new version. Facts: AWS Secrets Manager user guide, "Lambda rotation functions"; API reference,
// RotateSecret.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "sim/lambda.h"
#include "sim/schedule_clock.h"
#include "sim/secrets_manager.h"

namespace keyturn::sim {

struct RotationRules {
  std::optional<int> automatically_after_days;  // 1 to 1000
  std::string schedule_expression;              // rate() or cron(), instead
  std::string duration;                         // "3h": kept only
};

struct SecretRotation {
  bool enabled = true;
  std::string function;  // ARN
  RotationRules rules;
  std::optional<TimePoint> last_at;  // by the account's clock
  std::optional<TimePoint> next_at;  // by the schedules' clock

  // Of the rotation under way.
  std::string token;       // empty: none
  std::size_t step = 0;    // createSecret, setSecret, testSecret, finishSecret
  std::string request_id;  // of the function's invocation; empty: to be made, at `retry_at`
  TimePoint retry_at;      // by the schedules' clock
  int attempts = 0;        // that failed
  std::string last_error;  // of the function
};

// Thread-safe. What it refers to must outlive it.
class SecretRotations {
 public:
  SecretRotations(const Clock& clock, const ScheduleClock& times, SecretsManager& secrets, Lambda& lambda,
                  Random& random)
      : clock_(clock), times_(times), secrets_(secrets), lambda_(lambda), random_(random) {}

  struct Request {
    std::string function;  // empty: as before
    std::optional<RotationRules> rules;
    bool immediately = true;  // else only the rules are kept; AWS would also try testSecret
  };
  // Labels a version without a value AWSPENDING, and begins to call the function. InvalidRequestException
  // while a rotation is not complete, which is then tried again.
  Reply<SecretsManager::VersionReply> rotate(const std::string& secret_id, const std::string& token,
                                             const Request& request);
  // No further rotation, and an end to the one under way. Its AWSPENDING stays where it is.
  Reply<SecretsManager::VersionReply> cancel(const std::string& secret_id);
  // Nothing: rotation was never turned on.
  [[nodiscard]] std::optional<SecretRotation> of(const std::string& secret_arn) const;

  // Makes the next call of each rotation under way, and begins those that are due.
  void advance();

 private:
  [[nodiscard]] Reply<void> check(const SecretRotation& rotation) const;
  void begin(SecretRotation& rotation, const std::string& token) const;
  void go_on(const std::string& arn, SecretRotation& rotation);
  void after(const std::string& arn, SecretRotation& rotation, const InvokeReply& reply);
  void schedule(SecretRotation& rotation) const;

  const Clock& clock_;
  const ScheduleClock& times_;
  SecretsManager& secrets_;
  Lambda& lambda_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<std::string, SecretRotation> rotations_;  // by ARN
};

}  // namespace keyturn::sim
