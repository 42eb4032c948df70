// Secrets Manager's RotateSecret and CancelRotateSecret, and what DescribeSecret says of rotation.
#include "sim/aws_secret_rotation.h"

#include <nlohmann/json.hpp>

namespace keyturn::sim {
namespace {

using nlohmann::json;

json reply_json(const SecretsManager::VersionReply& reply) {
  json made{{"ARN", reply.arn}, {"Name", reply.name}};
  if (!reply.version_id.empty()) made["VersionId"] = reply.version_id;
  return made;
}

}  // namespace

Reply<json> rotate_secret(World& world, const json& body) {
  SecretRotations::Request request;
  request.function = body.value("RotationLambdaARN", "");
  request.immediately = body.value("RotateImmediately", true);
  if (body.contains("RotationRules")) {
    const json& rules = body.at("RotationRules");
    request.rules.emplace();
    if (rules.contains("AutomaticallyAfterDays"))
      request.rules->automatically_after_days = rules.at("AutomaticallyAfterDays").get<int>();
    request.rules->schedule_expression = rules.value("ScheduleExpression", "");
    request.rules->duration = rules.value("Duration", "");
  }
  const auto rotated =
      world.rotations().rotate(body.value("SecretId", ""), body.value("ClientRequestToken", ""), request);
  if (!rotated) return tl::unexpected(rotated.error());
  return reply_json(*rotated);
}

Reply<json> cancel_rotate_secret(World& world, const json& body) {
  const auto cancelled = world.rotations().cancel(body.value("SecretId", ""));
  if (!cancelled) return tl::unexpected(cancelled.error());
  return reply_json(*cancelled);
}

void add_rotation(World& world, json& described) {
  const auto rotation = world.rotations().of(described.at("ARN"));
  described["RotationEnabled"] = rotation && rotation->enabled;
  if (!rotation) return;
  described["RotationLambdaARN"] = rotation->function;
  json rules = json::object();
  if (rotation->rules.automatically_after_days)
    rules["AutomaticallyAfterDays"] = *rotation->rules.automatically_after_days;
  if (!rotation->rules.schedule_expression.empty())
    rules["ScheduleExpression"] = rotation->rules.schedule_expression;
  if (!rotation->rules.duration.empty()) rules["Duration"] = rotation->rules.duration;
  described["RotationRules"] = rules;
  if (rotation->last_at) described["LastRotatedDate"] = to_epoch_s(*rotation->last_at);
  if (rotation->next_at) described["NextRotationDate"] = to_epoch_s(*rotation->next_at);
}

}  // namespace keyturn::sim
