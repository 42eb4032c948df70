#include "aws/iam.h"

#include "aws/xml.h"

namespace keyturn::aws {
namespace {

FormBody form(const std::string& action) { return {action, "2010-05-08"}; }

Call make_call(const std::string& operation, const std::string& resource, Nature nature,
               const FormBody& body) {
  Call call;
  call.operation = operation;
  call.resource = resource;
  call.nature = nature;
  call.request = body.request();
  return call;
}

std::string user_text(const std::string& user) { return "user " + user; }
std::string key_text(const std::string& key_id) { return "access key " + key_id; }

struct Page {
  std::vector<AccessKeyMetadata> keys;
  std::string marker;  // of the next page; empty: there is none
};

std::optional<Page> read_page(const std::string& body) {
  const XmlNode root = parse_xml(body);
  const XmlNode& result = root.child("ListAccessKeysResult");
  if (!result) return std::nullopt;
  Page page;
  for (const XmlNode& member : result.child("AccessKeyMetadata").children_named("member")) {
    const auto created = time_at(member, "CreateDate");
    AccessKeyMetadata key{text_at(member, "AccessKeyId"), text_at(member, "Status") == "Active", {}};
    if (key.id.empty() || !created) return std::nullopt;
    key.created_at = *created;
    page.keys.push_back(std::move(key));
  }
  if (text_at(result, "IsTruncated") == "true") {
    page.marker = text_at(result, "Marker");
    if (page.marker.empty()) return std::nullopt;
  }
  return page;
}

// Wipes the reply, since it holds the secret.
std::optional<NewAccessKey> read_new_key(std::string& body) {
  const XmlNode root = parse_xml(body);
  wipe_memory(body.data(), body.size());
  const XmlNode& node = root.child("CreateAccessKeyResult").child("AccessKey");
  const auto created = time_at(node, "CreateDate");
  NewAccessKey key{text_at(node, "AccessKeyId"), node.child("SecretAccessKey").text,
                   created.value_or(TimePoint{})};
  if (key.id.empty() || key.secret.empty() || !created) return std::nullopt;
  return key;
}

}  // namespace

Result<std::vector<AccessKeyMetadata>> Iam::list_access_keys(const std::string& user) const {
  std::vector<AccessKeyMetadata> keys;
  std::string marker;
  do {
    FormBody body = form("ListAccessKeys").add("UserName", user);
    if (!marker.empty()) body.add("Marker", marker);
    const auto reply = client_.call(make_call("ListAccessKeys", user_text(user), Nature::read, body));
    if (!reply) return fail(reply.error());
    const auto page = read_page(reply->body);
    if (!page || (!marker.empty() && page->marker == marker))
      return fail(client_.not_understood("ListAccessKeys", user_text(user), Nature::read));
    keys.insert(keys.end(), page->keys.begin(), page->keys.end());
    marker = page->marker;
  } while (!marker.empty());
  return keys;
}

Result<std::optional<AccessKeyUse>> Iam::last_used(const std::string& key_id) const {
  const auto reply = client_.call(make_call("GetAccessKeyLastUsed", key_text(key_id), Nature::read,
                                            form("GetAccessKeyLastUsed").add("AccessKeyId", key_id)));
  if (!reply) {
    if (reply.error().kind == ErrorKind::not_found) return std::optional<AccessKeyUse>{};
    return fail(reply.error());
  }
  const XmlNode root = parse_xml(reply->body);
  const XmlNode& result = root.child("GetAccessKeyLastUsedResult");
  if (!result) return fail(client_.not_understood("GetAccessKeyLastUsed", key_text(key_id), Nature::read));
  const XmlNode& used = result.child("AccessKeyLastUsed");
  const auto at = time_at(used, "LastUsedDate");
  if (!at) return std::optional<AccessKeyUse>{};
  return std::optional(AccessKeyUse{*at, text_at(used, "ServiceName"), text_at(used, "Region")});
}

Result<NewAccessKey> Iam::create_access_key(const std::string& user,
                                            std::optional<TimePoint> not_after) const {
  Call call = make_call("CreateAccessKey", user_text(user), Nature::once,
                        form("CreateAccessKey").add("UserName", user));
  call.not_after = not_after;
  call.holds_secret = true;
  auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  auto key = read_new_key(reply->body);
  if (!key) return fail(client_.not_understood("CreateAccessKey", user_text(user), Nature::once));
  return std::move(*key);
}

Result<void> Iam::update_access_key(const std::string& user, const std::string& key_id, bool active,
                                    std::optional<TimePoint> not_after) const {
  // Not repeatable: between two attempts another run may have set the key's status for a reason.
  Call call = make_call("UpdateAccessKey", key_text(key_id), Nature::once,
                        form("UpdateAccessKey")
                            .add("UserName", user)
                            .add("AccessKeyId", key_id)
                            .add("Status", active ? "Active" : "Inactive"));
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply) return fail(reply.error());
  return {};
}

Result<void> Iam::delete_access_key(const std::string& user, const std::string& key_id,
                                    std::optional<TimePoint> not_after) const {
  Call call = make_call("DeleteAccessKey", key_text(key_id), Nature::repeatable,
                        form("DeleteAccessKey").add("UserName", user).add("AccessKeyId", key_id));
  call.not_after = not_after;
  const auto reply = client_.call(std::move(call));
  if (!reply && reply.error().code != "NoSuchEntity") return fail(reply.error());
  return {};
}

}  // namespace keyturn::aws
