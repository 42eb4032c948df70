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

void add_members(FormBody& body, const std::string& name, const std::vector<std::string>& values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    body.add(name + ".member." + std::to_string(i + 1), values[i]);
}

FormBody simulation_form(const SimulationRequest& request, const std::string& marker) {
  FormBody body = form("SimulatePrincipalPolicy").add("PolicySourceArn", request.principal);
  add_members(body, "ActionNames", request.actions);
  add_members(body, "ResourceArns", request.resources);
  int number = 0;
  for (const auto& [key, value] : request.context) {
    const std::string entry = "ContextEntries.member." + std::to_string(++number);
    body.add(entry + ".ContextKeyName", key)
        .add(entry + ".ContextKeyValues.member.1", value)
        .add(entry + ".ContextKeyType", "string");
  }
  if (!marker.empty()) body.add("Marker", marker);
  return body;
}

// An action on several resources may have a decision for each of them.
void read_decisions(const XmlNode& result, std::vector<SimulatedDecision>& decisions) {
  for (const XmlNode& member : result.child("EvaluationResults").children_named("member")) {
    const std::string action = text_at(member, "EvalActionName");
    const XmlNode& specific = member.child("ResourceSpecificResults");
    for (const XmlNode& one : specific.children_named("member"))
      decisions.push_back(
          {action, text_at(one, "EvalResourceName"), text_at(one, "EvalResourceDecision") == "allowed"});
    if (specific.children.empty())
      decisions.push_back(
          {action, text_at(member, "EvalResourceName"), text_at(member, "EvalDecision") == "allowed"});
  }
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

Result<std::vector<SimulatedDecision>> Iam::simulate(const SimulationRequest& request) const {
  constexpr const char* kOperation = "SimulatePrincipalPolicy";
  std::vector<SimulatedDecision> decisions;
  std::string marker;
  do {
    const auto reply = client_.call(
        make_call(kOperation, request.principal, Nature::read, simulation_form(request, marker)));
    if (!reply) return fail(reply.error());
    const XmlNode root = parse_xml(reply->body);
    const XmlNode& result = root.child("SimulatePrincipalPolicyResult");
    const std::string next = text_at(result, "IsTruncated") == "true" ? text_at(result, "Marker") : "";
    if (!result || (!next.empty() && next == marker))
      return fail(client_.not_understood(kOperation, request.principal, Nature::read));
    read_decisions(result, decisions);
    marker = next;
  } while (!marker.empty());
  return decisions;
}

}  // namespace keyturn::aws
