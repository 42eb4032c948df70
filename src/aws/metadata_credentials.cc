#include "aws/metadata_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

#include "aws/credential_parts.h"
#include "aws/uri.h"
#include "base/path.h"

namespace keyturn::aws {
namespace {

using std::chrono::seconds;

net::HttpRequest local_request(const std::string& method, const std::string& url, Duration timeout) {
  net::HttpRequest request;
  request.method = method;
  request.url = url;
  request.connect_timeout = timeout;
  request.timeout = timeout;
  request.use_proxy = false;
  request.repeatable = true;
  return request;
}

// http is allowed only where nobody else can listen in.
bool is_local_host(std::string_view host) {
  constexpr std::array<std::string_view, 5> kHosts{"localhost", "169.254.170.2", "169.254.170.23",
                                                   "[fd00:ec2::23]", "[::1]"};
  return (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos) ||
         std::find(kHosts.begin(), kHosts.end(), host) != kHosts.end();
}

Result<std::string> container_url(const Environment& environment) {
  if (const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    return "http://169.254.170.2" + *relative;
  const std::string full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI").value_or("");
  const UrlParts parts = split_url(full);
  if (parts.scheme == "https" || (parts.scheme == "http" && is_local_host(parts.host))) return full;
  return fail(
      ErrorKind::credentials,
      fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI names {}, to which credentials must not go over http.",
                  parts.host.empty() ? full : std::string(parts.host)));
}

Result<std::string> container_token(const Environment& environment) {
  std::string token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  if (const auto path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    std::ifstream in(path_of(*path), std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf()))
      return fail(ErrorKind::credentials, fmt::format("The token file {} can't be read.", *path));
    token = text.str();
  }
  if (token.find_first_of("\r\n") != std::string::npos)
    return fail(ErrorKind::credentials, "The container authorization token holds a line break.");
  return token;
}

Duration metadata_timeout(const Environment& environment) {
  int value = 1;
  if (const auto text = environment("AWS_METADATA_SERVICE_TIMEOUT"))
    std::from_chars(text->data(), text->data() + text->size(), value);
  return seconds{std::max(value, 1)};
}

std::string metadata_host(const Environment& environment) {
  if (auto endpoint = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
    while (endpoint->ends_with('/')) endpoint->pop_back();
    return *endpoint;
  }
  const auto mode = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  return mode && (*mode == "IPv6" || *mode == "ipv6") ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
}

// One conversation with instance metadata: a session token, then reads.
class Metadata {
 public:
  Metadata(const Environment& environment, const ClientContext& context)
      : host_(metadata_host(environment)),
        timeout_(metadata_timeout(environment)),
        transport_(context.transport) {}

  // False where nothing answers as EC2 does.
  bool open() {
    net::HttpRequest request = local_request("PUT", host_ + "/latest/api/token", timeout_);
    request.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
    auto reply = transport_.send(std::move(request));
    if (!reply || reply->status != 200 || reply->body.empty()) return false;
    token_ = std::move(reply->body);
    return token_.find_first_of("\r\n") == std::string::npos;
  }
  std::optional<std::string> read(const std::string& path) {
    net::HttpRequest request = local_request("GET", host_ + path, timeout_);
    request.headers = {{"x-aws-ec2-metadata-token", token_}};
    auto reply = transport_.send(std::move(request));
    if (!reply || reply->status != 200) return std::nullopt;
    return std::move(reply->body);
  }

 private:
  std::string host_;
  Duration timeout_;
  net::HttpTransport& transport_;
  std::string token_;
};

}  // namespace

std::optional<Result<Credentials>> container_credentials(const Environment& environment,
                                                         const ClientContext& context) {
  if (!environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") &&
      !environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
    return std::nullopt;
  const auto url = container_url(environment);
  if (!url) return fail(url.error());
  const auto token = container_token(environment);
  if (!token) return fail(token.error());
  std::string why = "no answer";
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (attempt > 0) context.clock.sleep_for(seconds{1}, context.stop);
    net::HttpRequest request = local_request("GET", *url, seconds{2});
    request.headers = {{"Accept", "application/json"}};
    if (!token->empty()) request.headers.emplace_back("Authorization", *token);
    auto reply = context.transport.send(std::move(request));
    if (reply && reply->status == 200) return parse_credentials_json(reply->body, "The container endpoint");
    why = reply ? "HTTP status " + std::to_string(reply->status) : reply.error().message;
  }
  return fail(ErrorKind::credentials, fmt::format("The container endpoint gave no credentials: {}", why));
}

std::optional<Result<Credentials>> instance_credentials(const Environment& environment,
                                                        const ClientContext& context) {
  if (is_true(environment("AWS_EC2_METADATA_DISABLED"))) return std::nullopt;
  Metadata metadata(environment, context);
  if (!metadata.open()) return std::nullopt;
  const std::string folder = "/latest/meta-data/iam/security-credentials/";
  auto role = metadata.read(folder);
  if (!role || role->empty())
    return fail(ErrorKind::credentials, "This EC2 instance has no role.",
                "Attach an instance profile to it.");
  role->erase(std::min(role->find_first_of("\r\n"), role->size()));
  auto document = metadata.read(folder + *role);
  if (!document)
    return fail(ErrorKind::credentials,
                fmt::format("Instance metadata gave no credentials of role {}.", *role));
  return parse_credentials_json(*document, "Instance metadata");
}

std::optional<std::string> instance_region(const Environment& environment, const ClientContext& context) {
  if (is_true(environment("AWS_EC2_METADATA_DISABLED"))) return std::nullopt;
  Metadata metadata(environment, context);
  if (!metadata.open()) return std::nullopt;
  auto region = metadata.read("/latest/meta-data/placement/region");
  if (!region || region->empty() ||
      region->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    return std::nullopt;
  return region;
}

}  // namespace keyturn::aws
