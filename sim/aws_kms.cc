// KMS, API version 2014-11-01: JSON 1.1.
#include <map>
#include <nlohmann/json.hpp>

#include "sim/aws_service.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Answer = Reply<json>;

json metadata(const KmsKey& key) {
  return {{"KeyMetadata",
           {{"KeyId", key.arn.substr(key.arn.rfind('/') + 1)},
            {"Arn", key.arn},
            {"Enabled", key.enabled},
            {"KeyState", key.enabled ? "Enabled" : "Disabled"},
            {"KeyUsage", "ENCRYPT_DECRYPT"},
            {"KeyManager", "CUSTOMER"}}}};
}

Answer create_key(Kms& kms, const std::string&) { return metadata(kms.create_key()); }

Answer describe_key(Kms& kms, const std::string& key) { return kms.describe_key(key).map(metadata); }

Answer enable_key(Kms& kms, const std::string& key) {
  return kms.set_enabled(key, true).map([] { return json::object(); });
}

Answer disable_key(Kms& kms, const std::string& key) {
  return kms.set_enabled(key, false).map([] { return json::object(); });
}

}  // namespace

Reply<net::HttpResponse> serve_kms(const AwsCall& call) {
  static const std::map<std::string, Answer (*)(Kms&, const std::string&)> kOperations{
      {"CreateKey", create_key},
      {"DescribeKey", describe_key},
      {"EnableKey", enable_key},
      {"DisableKey", disable_key}};
  const auto operation = kOperations.find(call.operation);
  if (operation == kOperations.end())
    return tl::unexpected(unknown_operation(Protocol::json, call.operation));
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  const json given = body.is_object() ? body.value("KeyId", json("")) : json();
  if (!given.is_string())
    return refuse("SerializationException", 400, "The request body is not a JSON object with a KeyId.");
  const std::string key = given.get<std::string>();
  const auto known = call.world.kms().describe_key(key);
  if (auto may = authorize(call, Protocol::json, "kms", call.operation, known ? known->arn : "*"); !may)
    return tl::unexpected(may.error());
  const Answer answer = operation->second(call.world.kms(), key);
  if (!answer) return tl::unexpected(answer.error());
  return net::HttpResponse{200, {{"Content-Type", "application/x-amz-json-1.1"}}, answer->dump()};
}

}  // namespace keyturn::sim
