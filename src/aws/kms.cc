#include "aws/kms.h"

#include "aws/json.h"

namespace keyturn::aws {

Result<KmsKey> Kms::describe(const std::string& key) const {
  const std::string resource = "key " + key;
  Call call;
  call.operation = "DescribeKey";
  call.resource = resource;
  call.nature = Nature::read;
  call.request = json_request("TrentService.DescribeKey", dump_json(nlohmann::json{{"KeyId", key}}));
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  const auto object = parse_json(reply->body);
  const auto found = object.is_object() ? object.find("KeyMetadata") : object.end();
  if (!object.is_object() || found == object.end() || !found->is_object() || text_of(*found, "Arn").empty())
    return fail(client_.not_understood("DescribeKey", resource, Nature::read));
  return KmsKey{text_of(*found, "Arn"), text_of(*found, "KeyState")};
}

}  // namespace keyturn::aws
