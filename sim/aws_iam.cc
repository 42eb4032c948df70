// IAM, API version 2010-05-08.
#include <algorithm>
#include <cctype>
#include <map>

#include "sim/aws_iam_simulate.h"
#include "sim/aws_service.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

const std::string kNamespace = "https://iam.amazonaws.com/doc/2010-05-08/";

// IAM's dates have no fractions.
std::string date(TimePoint time) { return format_iso8601(std::chrono::floor<std::chrono::seconds>(time)); }

tl::unexpected<ServiceError> invalid(const std::string& what) {
  return refuse("ValidationError", 400, "1 validation error detected: " + what);
}

// Who the call is about: the named user or, for a user's own key, that user.
Reply<std::string> user_of(const AwsCall& call) {
  const std::string user = call.params.get_or("UserName", call.caller.user_name);
  if (user.empty())
    return refuse("ValidationError", 400, "Must specify userName when calling with non-User credentials");
  const bool good =
      user.size() <= 64 && std::all_of(user.begin(), user.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || std::string_view("_+=,.@-").find(char(c)) != std::string_view::npos;
      });
  if (!good)
    return invalid(
        "Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        "[\\w+=,.@-]+");
  return user;
}

Reply<std::string> key_id_of(const AwsCall& call) {
  const std::string id = call.params.get_or("AccessKeyId", "");
  if (id.size() < 16 || id.size() > 128)
    return invalid(
        "Value at 'accessKeyId' failed to satisfy constraint: Member must have length greater than or equal "
        "to 16");
  return id;
}

std::string metadata_xml(const IamKey& key) {
  return xml_text("UserName", key.user_name) + xml_text("AccessKeyId", key.access_key_id) +
         xml_text("Status", to_string(key.status)) + xml_text("CreateDate", date(key.created_at));
}

std::string user_xml(const IamUser& user) {
  return xml_text("Path", "/") + xml_text("UserName", user.name) + xml_text("UserId", user.id) +
         xml_text("Arn", user.arn) + xml_text("CreateDate", date(user.created_at));
}

std::string paging_xml(const std::string& marker) {
  return xml_text("IsTruncated", marker.empty() ? "false" : "true") +
         (marker.empty() ? std::string{} : xml_text("Marker", marker));
}

using Answer = Reply<std::optional<std::string>>;

Answer create_access_key(const AwsCall& call, const std::string& user) {
  const auto key = call.world.iam().create_access_key(user);
  if (!key) return tl::unexpected(key.error());
  return xml_nest("AccessKey", metadata_xml(*key) + xml_text("SecretAccessKey", key->secret));
}

Answer list_access_keys(const AwsCall& call, const std::string& user) {
  const auto max_items = int_param(call, "MaxItems");
  if (!max_items) return tl::unexpected(max_items.error());
  const auto page =
      call.world.iam().list_access_keys(user, call.params.get_or("Marker", ""), max_items->value_or(100));
  if (!page) return tl::unexpected(page.error());
  std::string members;
  for (const IamKey& key : page->keys) members += xml_nest("member", metadata_xml(key));
  return xml_nest("AccessKeyMetadata", members) + paging_xml(page->marker) + xml_text("UserName", user);
}

Answer update_access_key(const AwsCall& call, const std::string& user) {
  const auto id = key_id_of(call);
  if (!id) return tl::unexpected(id.error());
  const std::string status = call.params.get_or("Status", "");
  if (status != "Active" && status != "Inactive")
    return invalid("Value '" + status +
                   "' at 'status' failed to satisfy constraint: Member must satisfy enum value "
                   "set: [Active, Inactive]");
  const auto done = call.world.iam().update_access_key(
      user, *id, status == "Active" ? KeyStatus::active : KeyStatus::inactive);
  if (!done) return tl::unexpected(done.error());
  return std::optional<std::string>{};
}

Answer delete_access_key(const AwsCall& call, const std::string& user) {
  const auto id = key_id_of(call);
  if (!id) return tl::unexpected(id.error());
  const auto done = call.world.iam().delete_access_key(user, *id);
  if (!done) return tl::unexpected(done.error());
  return std::optional<std::string>{};
}

Answer get_user(const AwsCall& call, const std::string& user) {
  const auto found = call.world.iam().get_user(user);
  if (!found) return tl::unexpected(found.error());
  return xml_nest("User", user_xml(*found));
}

Answer list_users(const AwsCall& call) {
  const auto max_items = int_param(call, "MaxItems");
  if (!max_items) return tl::unexpected(max_items.error());
  const std::string marker = call.params.get_or("Marker", "");
  const auto limit = std::size_t(std::clamp(max_items->value_or(100), 1, 1000));
  std::string members;
  std::string last;
  std::size_t listed = 0;
  for (const IamUser& user : call.world.iam().users()) {
    if (user.name <= marker) continue;
    if (listed++ == limit) return xml_nest("Users", members) + paging_xml(last);
    members += xml_nest("member", user_xml(user));
    last = user.name;
  }
  return xml_nest("Users", members) + paging_xml({});
}

Answer get_access_key_last_used(const AwsCall& call) {
  const auto id = key_id_of(call);
  if (!id) return tl::unexpected(id.error());
  const auto used = call.world.iam().get_access_key_last_used(*id);
  if (!used) return tl::unexpected(used.error());
  const auto& use = used->use;
  return xml_text("UserName", used->user_name) +
         xml_nest("AccessKeyLastUsed", (use ? xml_text("LastUsedDate", date(use->at)) : std::string{}) +
                                           xml_text("ServiceName", use ? use->service : "N/A") +
                                           xml_text("Region", use ? use->region : "N/A"));
}

Answer dispatch(const AwsCall& call) {
  using OfUser = Answer (*)(const AwsCall&, const std::string&);
  static const std::map<std::string, OfUser> kOfUser{{"CreateAccessKey", create_access_key},
                                                     {"ListAccessKeys", list_access_keys},
                                                     {"UpdateAccessKey", update_access_key},
                                                     {"DeleteAccessKey", delete_access_key},
                                                     {"GetUser", get_user}};
  if (call.operation == "SimulatePrincipalPolicy") {
    const auto simulated = simulate_principal_policy(call);
    if (!simulated) return tl::unexpected(simulated.error());
    return std::optional(*simulated);
  }
  using Other = Answer (*)(const AwsCall&);
  static const std::map<std::string, Other> kOther{{"ListUsers", list_users},
                                                   {"GetAccessKeyLastUsed", get_access_key_last_used}};
  const std::string users = "arn:aws:iam::" + call.world.iam().account() + ":user/";
  if (const auto found = kOther.find(call.operation); found != kOther.end()) {
    // Of a key, the user whose it is.
    const auto key = call.world.iam().key(call.params.get_or("AccessKeyId", ""));
    if (auto may = authorize(call, Protocol::query, "iam", call.operation,
                             users + (key ? key->user_name : call.caller.user_name));
        !may)
      return tl::unexpected(may.error());
    return found->second(call);
  }
  const auto found = kOfUser.find(call.operation);
  if (found == kOfUser.end()) return tl::unexpected(unknown_operation(Protocol::query, call.operation));
  const auto user = user_of(call);
  if (!user) return tl::unexpected(user.error());
  if (auto may = authorize(call, Protocol::query, "iam", call.operation, users + *user); !may)
    return tl::unexpected(may.error());
  return found->second(call, *user);
}

}  // namespace

Reply<net::HttpResponse> serve_iam(const AwsCall& call) {
  const auto answer = dispatch(call);
  if (!answer) return tl::unexpected(answer.error());
  return query_reply(call, kNamespace, *answer);
}

}  // namespace keyturn::sim
