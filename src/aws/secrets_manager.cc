#include "aws/secrets_manager.h"

#include "aws/base64.h"
#include "aws/json.h"

namespace keyturn::aws {
namespace {

using Json = nlohmann::json;

Call make_call(const std::string& operation, const std::string& secret, Nature nature, std::string body) {
  Call call;
  call.operation = operation;
  call.resource = "secret " + secret;
  call.nature = nature;
  call.request = json_request("secretsmanager." + operation, std::move(body));
  return call;
}

std::set<std::string> texts_of(const Json& array) {
  std::set<std::string> texts;
  if (!array.is_array()) return texts;
  for (const Json& item : array)
    if (item.is_string()) texts.insert(item.get<std::string>());
  return texts;
}

std::map<std::string, std::string> tags_of(const Json& object) {
  std::map<std::string, std::string> tags;
  const auto found = object.find("Tags");
  if (found == object.end() || !found->is_array()) return tags;
  for (const Json& tag : *found)
    if (tag.is_object()) tags[text_of(tag, "Key")] = text_of(tag, "Value");
  return tags;
}

void wipe(std::string& text) { wipe_memory(text.data(), text.size()); }

// Takes the secret out of a JSON member and overwrites what the parser kept.
SecretString take_secret(Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  auto& text = found->get_ref<std::string&>();
  SecretString secret(text);
  wipe(text);
  return secret;
}

SecretString take_value(Json& object) {
  SecretString text = take_secret(object, "SecretString");
  if (!text.empty()) return text;
  const SecretString binary = take_secret(object, "SecretBinary");
  return decode_base64(binary);
}

}  // namespace

Result<SecretDescription> SecretsManager::describe(const std::string& secret) const {
  const auto reply =
      client_.call(make_call("DescribeSecret", secret, Nature::read, dump_json(Json{{"SecretId", secret}})));
  if (!reply) return fail(reply.error());
  const Json object = parse_json(reply->body);
  if (!object.is_object() || text_of(object, "ARN").empty())
    return fail(client_.not_understood("DescribeSecret", "secret " + secret, Nature::read));
  SecretDescription description;
  description.arn = text_of(object, "ARN");
  description.name = text_of(object, "Name");
  description.kms_key = text_of(object, "KmsKeyId");
  description.tags = tags_of(object);
  description.created_at = time_of(object, "CreatedDate");
  description.changed_at = time_of(object, "LastChangedDate");
  description.deleted_at = time_of(object, "DeletedDate");
  if (const auto enabled = object.find("RotationEnabled"); enabled != object.end() && enabled->is_boolean())
    description.rotation_enabled = enabled->get<bool>();
  if (const auto stages = object.find("VersionIdsToStages"); stages != object.end() && stages->is_object())
    for (const auto& [id, names] : stages->items()) description.stages_of[id] = texts_of(names);
  return description;
}

Result<std::vector<SecretVersionEntry>> SecretsManager::list_versions(const std::string& secret) const {
  const auto bad = [&] {
    return client_.not_understood("ListSecretVersionIds", "secret " + secret, Nature::read);
  };
  std::vector<SecretVersionEntry> versions;
  std::string token;
  do {
    Json body{{"SecretId", secret}, {"IncludeDeprecated", true}, {"MaxResults", 100}};
    if (!token.empty()) body["NextToken"] = token;
    const auto reply = client_.call(make_call("ListSecretVersionIds", secret, Nature::read, dump_json(body)));
    if (!reply) return fail(reply.error());
    const Json object = parse_json(reply->body);
    if (!object.is_object()) return fail(bad());
    if (const auto list = object.find("Versions"); list != object.end() && list->is_array())
      for (const Json& item : *list) {
        if (!item.is_object()) return fail(bad());
        versions.push_back({text_of(item, "VersionId"), texts_of(item.value("VersionStages", Json())),
                            time_of(item, "CreatedDate").value_or(TimePoint{})});
      }
    std::string next = text_of(object, "NextToken");
    if (!next.empty() && next == token) return fail(bad());
    token = std::move(next);
  } while (!token.empty());
  return versions;
}

SecretString without_line_end(const SecretString& text) {
  const std::string_view all = text.reveal();
  return SecretString(all.substr(0, all.find_last_not_of("\r\n") + 1));
}

Result<SecretValue> SecretsManager::get_value(const std::string& secret, const std::string& version_id,
                                              const std::string& stage) const {
  Json body{{"SecretId", secret}};
  if (!version_id.empty()) body["VersionId"] = version_id;
  if (!stage.empty()) body["VersionStage"] = stage;
  Call call = make_call("GetSecretValue", secret, Nature::read, dump_json(body));
  call.holds_secret = true;
  auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  Json object = parse_json(reply->body);
  wipe(reply->body);
  if (!object.is_object() || text_of(object, "VersionId").empty())
    return fail(client_.not_understood("GetSecretValue", "secret " + secret, Nature::read));
  return SecretValue{text_of(object, "VersionId"), take_value(object)};
}

Result<void> SecretsManager::put_value(const std::string& secret, const std::string& token,
                                       const SecretString& text, const std::vector<std::string>& stages,
                                       std::optional<TimePoint> not_after) const {
  Json body{{"SecretId", secret}, {"ClientRequestToken", token}, {"VersionStages", stages}};
  body["SecretString"] = text.reveal();
  Call call = make_call("PutSecretValue", secret, Nature::repeatable, dump_json(body));
  wipe(body["SecretString"].get_ref<std::string&>());
  call.holds_secret = true;
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  return {};
}

Result<void> SecretsManager::move_stage(const std::string& secret, const std::string& stage,
                                        const std::string& from, const std::string& to,
                                        std::optional<TimePoint> not_after) const {
  Json body{{"SecretId", secret}, {"VersionStage", stage}};
  if (!from.empty()) body["RemoveFromVersionId"] = from;
  if (!to.empty()) body["MoveToVersionId"] = to;
  Call call = make_call("UpdateSecretVersionStage", secret, Nature::once, dump_json(body));
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  return {};
}

Result<void> SecretsManager::tag(const std::string& secret, const std::string& key, const std::string& value,
                                 std::optional<TimePoint> not_after) const {
  const Json body{{"SecretId", secret}, {"Tags", {{{"Key", key}, {"Value", value}}}}};
  Call call = make_call("TagResource", secret, Nature::repeatable, dump_json(body));
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  return {};
}

Result<void> SecretsManager::untag(const std::string& secret, const std::string& key,
                                   std::optional<TimePoint> not_after) const {
  const Json body{{"SecretId", secret}, {"TagKeys", {key}}};
  Call call = make_call("UntagResource", secret, Nature::repeatable, dump_json(body));
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  return {};
}

}  // namespace keyturn::aws
