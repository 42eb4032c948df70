// Secrets Manager, API version 2017-10-17: JSON 1.1.
#include <map>
#include <nlohmann/json.hpp>

#include "sim/aws_secret_rotation.h"
#include "sim/aws_service.h"

namespace keyturn::sim {
namespace {

using nlohmann::json;
using Answer = Reply<json>;
using OptionalText = std::optional<std::string>;

// The members of one request; what has the wrong type is remembered and refused at the end.
class Members {
 public:
  explicit Members(const json& body) : body_(body) {}

  OptionalText text(const char* name) const { return get<std::string>(name, &json::is_string); }
  std::string text_or(const char* name, std::string fallback) const {
    return text(name).value_or(std::move(fallback));
  }
  std::optional<int> number(const char* name) const { return get<int>(name, &json::is_number_integer); }
  bool flag(const char* name) const { return get<bool>(name, &json::is_boolean).value_or(false); }
  std::vector<std::string> texts(const char* name) const {
    return get<std::vector<std::string>>(name, &json::is_array).value_or(std::vector<std::string>{});
  }
  SecretTags tags() const {
    SecretTags tags;
    if (const auto found = body_.find("Tags"); found != body_.end())
      for (const json& tag : *found) tags[tag.at("Key").get<std::string>()] = tag.value("Value", "");
    return tags;
  }

 private:
  template <class T>
  std::optional<T> get(const char* name, bool (json::*is_right)() const noexcept) const {
    const auto found = body_.find(name);
    if (found == body_.end() || found->is_null()) return std::nullopt;
    if (!((*found).*is_right)())
      throw json::type_error::create(302, std::string(name) + " has the wrong type", &body_);
    return found->get<T>();
  }

  const json& body_;
};

json version_json(const SecretsManager::VersionReply& version) {
  json reply{{"ARN", version.arn}, {"Name", version.name}};
  if (!version.version_id.empty()) reply["VersionId"] = version.version_id;
  return reply;
}

json tags_json(const SecretTags& tags) {
  json list = json::array();
  for (const auto& [key, value] : tags) list.push_back({{"Key", key}, {"Value", value}});
  return list;
}

json secret_json(const Secret& secret, const char* stages_name) {
  json stages = json::object();
  for (const SecretVersion& version : secret.versions)
    if (!version.stages.empty()) stages[version.id] = version.stages;
  json reply{{"ARN", secret.arn},
             {"Name", secret.name},
             {"CreatedDate", to_epoch_s(secret.created_at)},
             {"LastChangedDate", to_epoch_s(secret.last_changed_at)},
             {"Tags", tags_json(secret.tags)},
             {stages_name, stages}};
  if (!secret.description.empty()) reply["Description"] = secret.description;
  if (!secret.kms_key.empty()) reply["KmsKeyId"] = secret.kms_key;
  if (secret.deleted_at) reply["DeletedDate"] = to_epoch_s(*secret.deleted_at);
  return reply;
}

// A value comes as text or as base64 text; binary values are kept in that form, told apart by nothing else
// here.
Reply<OptionalText> value_of(const Members& members) {
  if (members.text("SecretBinary"))
    return refuse("InvalidParameterException", 400, "The lab keeps SecretString values only.");
  return members.text("SecretString");
}

Answer create_secret(SecretsManager& secrets, const Members& members) {
  const auto value = value_of(members);
  if (!value) return tl::unexpected(value.error());
  const auto made =
      secrets.create_secret(members.text_or("Name", ""), members.text_or("ClientRequestToken", ""), *value,
                            members.text_or("Description", ""), members.tags());
  if (!made) return tl::unexpected(made.error());
  return version_json(*made);
}

Answer put_secret_value(SecretsManager& secrets, const Members& members) {
  const auto value = value_of(members);
  if (!value) return tl::unexpected(value.error());
  const auto stages = members.texts("VersionStages");
  const auto put =
      secrets.put_secret_value(members.text_or("SecretId", ""), members.text_or("ClientRequestToken", ""),
                               value->value_or(""), {stages.begin(), stages.end()});
  if (!put) return tl::unexpected(put.error());
  json reply = version_json(*put);
  reply["VersionStages"] = put->stages;
  return reply;
}

Answer update_secret(SecretsManager& secrets, const Members& members) {
  const auto value = value_of(members);
  if (!value) return tl::unexpected(value.error());
  const auto updated =
      secrets.update_secret(members.text_or("SecretId", ""), members.text_or("ClientRequestToken", ""),
                            *value, members.text("Description"));
  if (!updated) return tl::unexpected(updated.error());
  if (const auto key = members.text("KmsKeyId"))
    if (auto set = secrets.set_kms_key(members.text_or("SecretId", ""), *key); !set)
      return tl::unexpected(set.error());
  return version_json(*updated);
}

Answer update_version_stage(SecretsManager& secrets, const Members& members) {
  const auto moved =
      secrets.update_version_stage(members.text_or("SecretId", ""), members.text_or("VersionStage", ""),
                                   members.text("RemoveFromVersionId"), members.text("MoveToVersionId"));
  if (!moved) return tl::unexpected(moved.error());
  return json{{"ARN", moved->arn}, {"Name", moved->name}};
}

Answer get_secret_value(SecretsManager& secrets, const Members& members) {
  const auto got = secrets.get_secret_value(members.text_or("SecretId", ""), members.text("VersionId"),
                                            members.text("VersionStage"));
  if (!got) return tl::unexpected(got.error());
  return json{{"ARN", got->arn},
              {"Name", got->name},
              {"VersionId", got->version.id},
              {"SecretString", got->version.value},
              {"VersionStages", got->version.stages},
              {"CreatedDate", to_epoch_s(got->version.created_at)}};
}

Answer describe_secret(SecretsManager& secrets, const Members& members) {
  const auto secret = secrets.describe_secret(members.text_or("SecretId", ""));
  if (!secret) return tl::unexpected(secret.error());
  return secret_json(*secret, "VersionIdsToStages");
}

Answer list_secret_version_ids(SecretsManager& secrets, const Members& members) {
  const auto page = secrets.list_secret_version_ids(
      members.text_or("SecretId", ""), members.flag("IncludeDeprecated"),
      members.number("MaxResults").value_or(100), members.text_or("NextToken", ""));
  if (!page) return tl::unexpected(page.error());
  json versions = json::array();
  for (const SecretVersion& version : page->versions) {
    versions.push_back({{"VersionId", version.id}, {"CreatedDate", to_epoch_s(version.created_at)}});
    if (!version.stages.empty()) versions.back()["VersionStages"] = version.stages;
    if (version.last_accessed_at)  // to the day only
      versions.back()["LastAccessedDate"] =
          to_epoch_s(std::chrono::floor<std::chrono::days>(*version.last_accessed_at));
  }
  json reply{{"ARN", page->arn}, {"Name", page->name}, {"Versions", versions}};
  if (!page->next_token.empty()) reply["NextToken"] = page->next_token;
  return reply;
}

Answer list_secrets(SecretsManager& secrets, const Members& members) {
  const auto page =
      secrets.list_secrets(members.number("MaxResults").value_or(100), members.text_or("NextToken", ""),
                           members.flag("IncludePlannedDeletion"));
  if (!page) return tl::unexpected(page.error());
  json list = json::array();
  for (const Secret& secret : page->secrets) list.push_back(secret_json(secret, "SecretVersionsToStages"));
  json reply{{"SecretList", list}};
  if (!page->next_token.empty()) reply["NextToken"] = page->next_token;
  return reply;
}

Answer tag_resource(SecretsManager& secrets, const Members& members) {
  const auto done = secrets.tag_resource(members.text_or("SecretId", ""), members.tags());
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

Answer untag_resource(SecretsManager& secrets, const Members& members) {
  const auto done = secrets.untag_resource(members.text_or("SecretId", ""), members.texts("TagKeys"));
  if (!done) return tl::unexpected(done.error());
  return json::object();
}

Answer delete_secret(SecretsManager& secrets, const Members& members) {
  const auto deleted =
      secrets.delete_secret(members.text_or("SecretId", ""), members.number("RecoveryWindowInDays"),
                            members.flag("ForceDeleteWithoutRecovery"));
  if (!deleted) return tl::unexpected(deleted.error());
  return json{
      {"ARN", deleted->arn}, {"Name", deleted->name}, {"DeletionDate", to_epoch_s(*deleted->deletion_at)}};
}

Answer restore_secret(SecretsManager& secrets, const Members& members) {
  const auto restored = secrets.restore_secret(members.text_or("SecretId", ""));
  if (!restored) return tl::unexpected(restored.error());
  return json{{"ARN", restored->arn}, {"Name", restored->name}};
}

using Operation = Answer (*)(SecretsManager&, const Members&);
const std::map<std::string, Operation> kOperations{{"CreateSecret", create_secret},
                                                   {"PutSecretValue", put_secret_value},
                                                   {"UpdateSecret", update_secret},
                                                   {"UpdateSecretVersionStage", update_version_stage},
                                                   {"GetSecretValue", get_secret_value},
                                                   {"DescribeSecret", describe_secret},
                                                   {"ListSecretVersionIds", list_secret_version_ids},
                                                   {"ListSecrets", list_secrets},
                                                   {"TagResource", tag_resource},
                                                   {"UntagResource", untag_resource},
                                                   {"DeleteSecret", delete_secret},
                                                   {"RestoreSecret", restore_secret}};
const std::map<std::string, Answer (*)(World&, const json&)> kRotationOperations{
    {"RotateSecret", rotate_secret}, {"CancelRotateSecret", cancel_rotate_secret}};

// The secret that a request names. Of one that is not there, what its ARN would be, since a policy can't name
// the six characters at its end.
Secret named_secret(const AwsCall& call, const std::string& id) {
  if (const auto secret = call.world.secrets().describe_secret(id)) return *secret;
  Secret missing;
  missing.arn = id.starts_with("arn:") ? id : arn_of(call, "secretsmanager", "secret:" + id + "-??????");
  return missing;
}

// Secrets Manager uses a key of KMS with the caller's rights (Secrets Manager User Guide, "Secret encryption
// and decryption").
Reply<void> check_key(const AwsCall& call, const std::string& key) {
  std::vector<const char*> actions;
  if (call.operation == "GetSecretValue") actions = {"Decrypt"};
  if (call.operation == "PutSecretValue" || call.operation == "UpdateSecret")
    actions = {"GenerateDataKey", "Decrypt"};
  const std::string service = "secretsmanager." + call.region + ".amazonaws.com";
  for (const char* action : actions)
    if (!authorize(call, Protocol::json, "kms", action, key, {{"kms:ViaService", {service}}}))
      return refuse("AccessDeniedException", 400, "Access to KMS is not allowed");
  if (!actions.empty() && !call.world.kms().opens(key))
    return refuse("DecryptionFailure", 400,
                  "Secrets Manager can't decrypt the protected secret: the KMS key is disabled.");
  return {};
}

Reply<void> check_rights(const AwsCall& call, const Members& members, const json& body) {
  const auto id = members.text("SecretId");
  const Secret secret = id ? named_secret(call, *id) : Secret{};
  const auto name = members.text("Name");
  const std::string resource = id     ? secret.arn
                               : name ? arn_of(call, "secretsmanager", "secret:" + *name + "-??????")
                                      : "*";
  AccessContext context;
  for (const auto& [key, value] : members.tags()) context["aws:TagKeys"].push_back(key);
  for (const json& key : body.value("TagKeys", json::array())) context["aws:TagKeys"].push_back(key);
  if (auto may = authorize(call, Protocol::json, "secretsmanager", call.operation, resource, context); !may)
    return may;
  return secret.kms_key.empty() ? Reply<void>{} : check_key(call, secret.kms_key);
}

}  // namespace

Reply<net::HttpResponse> serve_secrets_manager(const AwsCall& call) {
  const auto operation = kOperations.find(call.operation);
  const auto rotation = kRotationOperations.find(call.operation);
  if (operation == kOperations.end() && rotation == kRotationOperations.end())
    return tl::unexpected(unknown_operation(Protocol::json, call.operation));
  const json body = json::parse(call.request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object())
    return refuse("SerializationException", 400, "The request body is not a JSON object.");
  try {
    const Members members(body);
    if (auto may = check_rights(call, members, body); !may) return tl::unexpected(may.error());
    Answer answer = rotation == kRotationOperations.end() ? operation->second(call.world.secrets(), members)
                                                          : rotation->second(call.world, body);
    if (!answer) return tl::unexpected(answer.error());
    if (call.operation == "DescribeSecret") add_rotation(call.world, *answer);
    return net::HttpResponse{200, {{"Content-Type", "application/x-amz-json-1.1"}}, answer->dump()};
  } catch (const json::exception& error) {
    return refuse("SerializationException", 400, error.what());
  }
}

}  // namespace keyturn::sim
