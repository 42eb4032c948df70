// STS, API version 2011-06-15.
#include "sim/aws_service.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

using Answer = Reply<std::optional<std::string>>;

Answer get_caller_identity(const AwsCall& call) {
  return xml_text("Arn", call.caller.arn) + xml_text("UserId", call.caller.principal_id) +
         xml_text("Account", call.world.iam().account());
}

Answer assume_role(const AwsCall& call) {
  const std::string arn = call.params.get_or("RoleArn", "");
  const std::string session = call.params.get_or("RoleSessionName", "");
  const auto seconds = int_param(call, "DurationSeconds");
  if (!seconds) return tl::unexpected(seconds.error());
  if (session.size() < 2 || session.size() > 64)
    return refuse(
        "ValidationError", 400,
        "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must "
        "have length between 2 and 64");
  if (seconds->value_or(3600) < 900 || seconds->value_or(3600) > 43'200)
    return refuse(
        "ValidationError", 400,
        "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must "
        "have value between 900 and 43200");
  if (auto may = authorize(call, Protocol::query, "sts", call.operation, arn); !may)
    return tl::unexpected(may.error());
  const std::string prefix = "arn:aws:iam::" + call.world.iam().account() + ":role/";
  if (!arn.starts_with(prefix))
    return tl::unexpected(access_denied(Protocol::query, call.caller.arn, "sts:AssumeRole", arn));
  const auto made = call.world.iam().assume_role(arn.substr(prefix.size()), session,
                                                 std::chrono::seconds(seconds->value_or(3600)));
  if (!made) return tl::unexpected(made.error());
  return xml_nest("Credentials", xml_text("AccessKeyId", made->access_key_id) +
                                     xml_text("SecretAccessKey", made->secret) +
                                     xml_text("SessionToken", made->session_token) +
                                     xml_text("Expiration", format_iso8601(made->expires_at))) +
         xml_nest("AssumedRoleUser",
                  xml_text("AssumedRoleId", made->principal_id) + xml_text("Arn", made->arn));
}

}  // namespace

Reply<net::HttpResponse> serve_sts(const AwsCall& call) {
  const Answer answer = call.operation == "GetCallerIdentity" ? get_caller_identity(call)
                        : call.operation == "AssumeRole"
                            ? assume_role(call)
                            : Answer(tl::unexpected(unknown_operation(Protocol::query, call.operation)));
  if (!answer) return tl::unexpected(answer.error());
  return query_reply(call, "https://sts.amazonaws.com/doc/2011-06-15/", *answer);
}

}  // namespace keyturn::sim
