#include "aws/sts.h"

#include "aws/http_date.h"
#include "aws/xml.h"

namespace keyturn::aws {
namespace {

FormBody form(const std::string& action) { return {action, "2011-06-15"}; }

}  // namespace

std::string CallerIdentity::user_name() const {
  if (arn.find(":user/") == std::string::npos) return {};
  return arn.substr(arn.rfind('/') + 1);
}

Result<CallerIdentity> Sts::get_caller_identity() const {
  Call call;
  call.operation = "GetCallerIdentity";
  call.nature = Nature::read;
  call.request = form("GetCallerIdentity").request();
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  const XmlNode root = parse_xml(reply->body);
  const XmlNode& result = root.child("GetCallerIdentityResult");
  CallerIdentity identity{text_at(result, "Arn"), text_at(result, "Account"), text_at(result, "UserId")};
  if (identity.arn.empty()) return fail(client_.not_understood("GetCallerIdentity", "", Nature::read));
  return identity;
}

Result<TimePoint> Sts::date() const {
  Call call;
  call.operation = "GetCallerIdentity";
  call.nature = Nature::read;
  call.request = form("GetCallerIdentity").request();
  call.is_signed = false;
  call.any_status = true;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  const auto date = parse_http_date(reply->header("Date"));
  if (!date) return fail(client_.not_understood("GetCallerIdentity", "", Nature::read));
  return *date;
}

Result<Credentials> Sts::assume_role(const AssumeRoleRequest& request) const {
  FormBody body = form("AssumeRole");
  body.add("RoleArn", request.role_arn).add("RoleSessionName", request.session_name);
  body.add("DurationSeconds", std::to_string(request.duration_s));
  if (!request.external_id.empty()) body.add("ExternalId", request.external_id);
  Call call;
  call.operation = "AssumeRole";
  call.resource = "role " + request.role_arn;
  call.nature = Nature::read;
  call.request = body.request();
  call.holds_secret = true;
  return credentials_of(std::move(call), "AssumeRoleResult");
}

Result<Credentials> Sts::assume_role_with_web_identity(const AssumeRoleRequest& request,
                                                       const SecretString& token) const {
  FormBody body = form("AssumeRoleWithWebIdentity");
  body.add("RoleArn", request.role_arn).add("RoleSessionName", request.session_name);
  body.add("WebIdentityToken", std::string(token.reveal()));
  Call call;
  call.operation = "AssumeRoleWithWebIdentity";
  call.resource = "role " + request.role_arn;
  call.nature = Nature::read;
  call.request = body.request();
  call.holds_secret = true;
  call.is_signed = false;
  return credentials_of(std::move(call), "AssumeRoleWithWebIdentityResult");
}

Result<Credentials> Sts::credentials_of(Call call, const char* result_name) const {
  const std::string operation = call.operation;
  const std::string resource = call.resource;
  auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  const XmlNode root = parse_xml(reply->body);
  wipe_memory(reply->body.data(), reply->body.size());
  const XmlNode& node = root.child(result_name).child("Credentials");
  const Credentials credentials{text_at(node, "AccessKeyId"), node.child("SecretAccessKey").text,
                                node.child("SessionToken").text, time_at(node, "Expiration")};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() || !credentials.expires_at)
    return fail(client_.not_understood(operation, resource, Nature::read));
  return credentials;
}

}  // namespace keyturn::aws
