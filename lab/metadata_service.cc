#include "lab/metadata_service.h"

#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>

namespace keyturn::lab {
namespace {

using nlohmann::json;

constexpr int kLongestToken = 21'600;  // seconds
constexpr const char* kToken = "x-aws-ec2-metadata-token";
constexpr const char* kTokenTtl = "x-aws-ec2-metadata-token-ttl-seconds";

net::HttpResponse text(const std::string& body) { return {200, {{"Content-Type", "text/plain"}}, body}; }
net::HttpResponse refusal(int status, const std::string& sentence) {
  return {status, {{"Content-Type", "text/plain"}}, sentence + "\n"};
}
net::HttpResponse not_found() { return refusal(404, "Not Found"); }

Result<void> write_private(const std::filesystem::path& file, const std::string& content) {
  std::ofstream stream(file, std::ios::trunc);
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  stream << content;
  stream.flush();
  if (!stream) return fail(ErrorKind::unavailable, "The lab can't write " + file.string() + ".");
  return {};
}

}  // namespace

const char* to_string(CredentialSource source) {
  return source == CredentialSource::container ? "container" : "imds";
}

Result<std::map<std::string, std::string>> MetadataService::add(const std::string& instance_id,
                                                                CredentialSource source,
                                                                const std::filesystem::path& token_file) {
  const std::lock_guard lock(mutex_);
  Guest& guest = guests_[instance_id];
  guest.source = source;
  const std::string base = endpoint_ + "/" + instance_id;
  if (source == CredentialSource::instance_metadata)
    return std::map<std::string, std::string>{{"AWS_EC2_METADATA_SERVICE_ENDPOINT", base}};
  guest.container_token = world_.random().uuid();
  if (auto written = write_private(token_file, guest.container_token); !written)
    return tl::unexpected(written.error());
  return std::map<std::string, std::string>{
      {"AWS_CONTAINER_CREDENTIALS_FULL_URI", base + "/credentials"},
      {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token_file.string()},
      {"AWS_REGION", settings_.region},
  };
}

net::HttpResponse MetadataService::handle(const IncomingRequest& request) {
  const std::size_t end = request.target.find('/', 1);
  if (end == std::string::npos) return not_found();
  const std::string id = request.target.substr(1, end - 1);
  const std::lock_guard lock(mutex_);
  const auto guest = guests_.find(id);
  if (guest == guests_.end()) return not_found();
  return answer(id, guest->second, request, request.target.substr(end));
}

net::HttpResponse MetadataService::answer(const std::string& id, Guest& guest, const IncomingRequest& request,
                                          const std::string& path) {
  if (guest.source == CredentialSource::container) {
    if (path != "/credentials") return not_found();
    if (net::find_header(request.headers, "Authorization") != guest.container_token)
      return refusal(401, "The authorization token is missing or wrong.");
    return credentials(id, guest);
  }
  if (path == "/latest/api/token") return new_session_token(guest, request);
  const auto session = guest.session_tokens.find(std::string(net::find_header(request.headers, kToken)));
  if (session == guest.session_tokens.end() || session->second <= world_.clock().now())
    return refusal(401, "Unauthorized");  // version 1 is off
  return request.method == "GET" ? instance_metadata(id, guest, path) : refusal(405, "Method Not Allowed");
}

net::HttpResponse MetadataService::new_session_token(Guest& guest, const IncomingRequest& request) {
  if (request.method != "PUT") return refusal(405, "Method Not Allowed");
  const std::string ttl(net::find_header(request.headers, kTokenTtl));
  int seconds = 0;
  std::from_chars(ttl.data(), ttl.data() + ttl.size(), seconds);
  if (seconds < 1 || seconds > kLongestToken) return refusal(400, "Bad Request");
  const TimePoint now = world_.clock().now();
  std::erase_if(guest.session_tokens, [&](const auto& token) { return token.second <= now; });
  std::string token = world_.random().uuid();
  guest.session_tokens[token] = now + std::chrono::seconds(seconds);
  auto response = text(token);
  response.headers.emplace_back(kTokenTtl, std::to_string(seconds));
  return response;
}

net::HttpResponse MetadataService::instance_metadata(const std::string& id, Guest& guest,
                                                     const std::string& path) {
  const std::string role_folder = "/latest/meta-data/iam/security-credentials/";
  if (path == "/latest/meta-data/instance-id") return text(id);
  if (path == "/latest/meta-data/placement/region") return text(settings_.region);
  if (path == "/latest/meta-data/placement/availability-zone") return text(settings_.region + "a");
  if (path == role_folder || path + "/" == role_folder) return text(settings_.role);
  if (path == role_folder + settings_.role) return credentials(id, guest);
  if (path == "/latest/dynamic/instance-identity/document")
    return text(json{{"accountId", world_.iam().account()},
                     {"instanceId", id},
                     {"region", settings_.region},
                     {"availabilityZone", settings_.region + "a"},
                     {"privateIp", "127.0.0.1"},
                     {"version", "2017-09-30"}}
                    .dump());
  return not_found();
}

net::HttpResponse MetadataService::credentials(const std::string& id, Guest& guest) {
  const TimePoint now = world_.clock().now();
  if (!guest.credentials || guest.credentials->expires_at - now < settings_.lifetime / 3) {
    const auto made = world_.iam().assume_role(settings_.role, id, settings_.lifetime);
    if (!made) return refusal(500, made.error().message);
    guest.credentials = *made;
    guest.renewed_at = now;
  }
  json document{{"AccessKeyId", guest.credentials->access_key_id},
                {"SecretAccessKey", guest.credentials->secret},
                {"Token", guest.credentials->session_token},
                {"Expiration", format_iso8601(guest.credentials->expires_at)}};
  if (guest.source == CredentialSource::instance_metadata) {
    document["Code"] = "Success";
    document["Type"] = "AWS-HMAC";
    document["LastUpdated"] = format_iso8601(guest.renewed_at);
  } else {
    document["RoleArn"] = "arn:aws:iam::" + world_.iam().account() + ":role/" + settings_.role;
  }
  return {200, {{"Content-Type", "application/json"}}, document.dump()};
}

}  // namespace keyturn::lab
