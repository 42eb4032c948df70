#include "sim/secret_rotation.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/schedule_expression.h"

namespace keyturn::sim {
namespace {

const std::array<std::string, 4> kSteps{"createSecret", "setSecret", "testSecret", "finishSecret"};
constexpr int kMostAttempts = 5;
constexpr std::chrono::minutes kBetweenAttempts{1};

}  // namespace

Reply<void> SecretRotations::check(const SecretRotation& rotation) const {
  if (rotation.function.empty())
    return refuse("InvalidRequestException", 400,
                  "No Lambda rotation function ARN is associated with this secret.");
  const auto function = lambda_.get_function(rotation.function);
  const bool lets = function && std::any_of(function->permissions.begin(), function->permissions.end(),
                                            [](const FunctionPermission& each) {
                                              return each.principal == "secretsmanager.amazonaws.com";
                                            });
  if (!lets)
    return refuse(
        "AccessDeniedException", 400,
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
        "access to the principal secretsmanager.amazonaws.com.");
  const RotationRules& rules = rotation.rules;
  const int days = rules.automatically_after_days.value_or(1);
  if (days < 1 || days > 1000)
    return refuse("InvalidParameterException", 400, "AutomaticallyAfterDays must be from 1 to 1000.");
  if (rules.automatically_after_days && !rules.schedule_expression.empty())
    return refuse("InvalidParameterException", 400,
                  "You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  if (!rules.schedule_expression.empty() && !ScheduleExpression::parse(rules.schedule_expression))
    return refuse("InvalidParameterException", 400, "The ScheduleExpression is not valid.");
  return {};
}

void SecretRotations::schedule(SecretRotation& rotation) const {
  const TimePoint now = times_.now();
  rotation.next_at.reset();
  if (rotation.rules.automatically_after_days)
    rotation.next_at = now + std::chrono::days(*rotation.rules.automatically_after_days);
  if (!rotation.rules.schedule_expression.empty())
    rotation.next_at = ScheduleExpression::parse(rotation.rules.schedule_expression)->next(now, now);
}

Reply<SecretsManager::VersionReply> SecretRotations::rotate(const std::string& secret_id,
                                                            const std::string& token,
                                                            const Request& request) {
  const std::lock_guard lock(mutex_);
  const auto secret = secrets_.describe_secret(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  if (secret->deleted_at)
    return refuse("InvalidRequestException", 400,
                  "You can't perform this operation on the secret because it was marked for deletion.");
  const auto known = rotations_.find(secret->arn);
  SecretRotation rotation = known == rotations_.end() ? SecretRotation{} : known->second;
  if (!request.function.empty()) rotation.function = request.function;
  if (request.rules) rotation.rules = *request.rules;
  rotation.enabled = true;
  if (auto good = check(rotation); !good) return tl::unexpected(good.error());
  schedule(rotation);
  SecretRotation& kept = rotations_.insert_or_assign(secret->arn, std::move(rotation)).first->second;
  if (!request.immediately) return SecretsManager::VersionReply{secret->arn, secret->name, {}, {}};
  auto prepared = secrets_.prepare_rotation(secret_id, token);
  if (prepared)
    begin(kept, token);
  else if (const SecretVersion* pending = secret->at_stage("AWSPENDING");
           pending != nullptr && kept.token.empty())
    begin(kept, pending->id);
  if (prepared) go_on(secret->arn, kept);
  return prepared;
}

Reply<SecretsManager::VersionReply> SecretRotations::cancel(const std::string& secret_id) {
  const std::lock_guard lock(mutex_);
  const auto secret = secrets_.describe_secret(secret_id);
  if (!secret) return tl::unexpected(secret.error());
  const auto found = rotations_.find(secret->arn);
  SecretsManager::VersionReply reply{secret->arn, secret->name, {}, {}};
  if (found == rotations_.end()) return reply;
  reply.version_id = found->second.token;
  found->second.enabled = false;
  found->second.token.clear();
  found->second.request_id.clear();
  found->second.next_at.reset();
  return reply;
}

std::optional<SecretRotation> SecretRotations::of(const std::string& secret_arn) const {
  const std::lock_guard lock(mutex_);
  const auto found = rotations_.find(secret_arn);
  return found == rotations_.end() ? std::nullopt : std::optional(found->second);
}

void SecretRotations::begin(SecretRotation& rotation, const std::string& token) const {
  rotation.token = token;
  rotation.step = 0;
  rotation.attempts = 0;
  rotation.request_id.clear();
  rotation.retry_at = times_.now();
}

void SecretRotations::advance() {
  const std::lock_guard lock(mutex_);
  for (auto& [arn, rotation] : rotations_) {
    if (!rotation.enabled) continue;
    if (rotation.token.empty() && rotation.next_at && *rotation.next_at <= times_.now()) {
      schedule(rotation);
      const std::string token = random_.uuid();
      if (secrets_.prepare_rotation(arn, token)) {
        begin(rotation, token);
      } else if (const auto secret = secrets_.describe_secret(arn)) {  // the one before is tried again
        if (const SecretVersion* pending = secret->at_stage("AWSPENDING")) begin(rotation, pending->id);
      }
    }
    if (!rotation.token.empty()) go_on(arn, rotation);
  }
}

void SecretRotations::go_on(const std::string& arn, SecretRotation& rotation) {
  while (!rotation.token.empty()) {
    if (rotation.request_id.empty()) {
      if (rotation.retry_at > times_.now()) return;
      InvokeRequest request;
      request.function = rotation.function;
      request.payload = nlohmann::json{
          {"Step", kSteps.at(rotation.step)},
          {"SecretId", arn},
          {"ClientRequestToken",
           rotation.token}}.dump();
      const auto begun = lambda_.begin(request);
      if (!begun) {
        after(arn, rotation, {begun.error().http_status, begun.error().message, begun.error().code, {}, {}});
        continue;
      }
      rotation.request_id = *begun;
    }
    const auto reply = lambda_.result(rotation.request_id);
    if (!reply) return;
    after(arn, rotation, *reply);
  }
}

// A rotation that failed begins at its first step again, some times; then it is left as it is.
void SecretRotations::after(const std::string& arn, SecretRotation& rotation, const InvokeReply& reply) {
  rotation.request_id.clear();
  std::string problem = reply.function_error.empty() ? "" : reply.payload;
  if (problem.empty() && ++rotation.step == kSteps.size()) {
    const auto secret = secrets_.describe_secret(arn);
    const SecretVersion* current = secret ? secret->at_stage("AWSCURRENT") : nullptr;
    if (current != nullptr && current->id == rotation.token) {
      rotation.last_at = clock_.now();
      rotation.last_error.clear();
      rotation.token.clear();
      schedule(rotation);
      return;
    }
    problem = "finishSecret did not give AWSCURRENT to the new version.";
  }
  if (problem.empty()) return;
  rotation.last_error = problem;
  rotation.step = 0;
  rotation.retry_at = times_.now() + kBetweenAttempts;
  if (++rotation.attempts >= kMostAttempts) rotation.token.clear();
}

}  // namespace keyturn::sim
