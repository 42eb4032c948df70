#include "sim/backup_s3.h"

#include <algorithm>
#include <cctype>

namespace keyturn::sim {
namespace {

// SQL Server gives a silent S3 up after a while; how long is not documented.
constexpr Duration kPatience{10'000};

constexpr std::string_view kScheme = "s3://";
constexpr int kNotSupported = 50;
constexpr int kAccessDenied = 5;
constexpr int kBadParameter = 87;
constexpr int kNameNotResolved = 12007;
constexpr int kCannotConnect = 12029;
constexpr int kSecureFailure = 12175;

std::string encode(std::string_view text, bool keep_slash) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos ||
        (keep_slash && c == '/')) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string element(const std::string& xml, const std::string& name) {
  const std::size_t start = xml.find("<" + name + ">");
  if (start == std::string::npos) return {};
  const std::size_t from = start + name.size() + 2;
  const std::size_t end = xml.find("</" + name + ">", from);
  return end == std::string::npos ? std::string() : xml.substr(from, end - from);
}

OsError of_status(const net::HttpResponse& response) {
  if (response.status == 403 || response.status == 401) return os_error(kAccessDenied);
  if (response.status == 404) return os_error(kNotSupported);
  if (response.status >= 500) return os_error(kCannotConnect);
  return os_error(kBadParameter);
}

OsError of_transport(const Error& error) {
  const auto says = [&](const char* word) { return error.message.find(word) != std::string::npos; };
  if (says("resolve")) return os_error(kNameNotResolved);
  if (says("TLS") || says("certificate") || says("SSL")) return os_error(kSecureFailure);
  return os_error(kCannotConnect);
}

// "bucket.s3.region.amazonaws.com" and its older forms.
void split_virtual_host(BackupLocation& location) {
  std::size_t s3 = location.host.find(".s3.");
  if (s3 == std::string::npos) s3 = location.host.find(".s3-");
  location.bucket = location.host.substr(0, s3 == std::string::npos ? location.host.find('.') : s3);
}

std::string region_of(const std::string& host) {
  const std::size_t aws = host.find(".amazonaws.com");
  if (aws == std::string::npos) return {};
  const std::string before = host.substr(0, aws);
  const std::size_t dot = before.find_last_of('.');
  std::string last = dot == std::string::npos ? before : before.substr(dot + 1);
  if (last.starts_with("s3-")) last = last.substr(3);
  return last == "s3" ? std::string() : last;
}

}  // namespace

OsError os_error(int number) {
  switch (number) {
    case kAccessDenied:
      return {number, "Access is denied."};
    case kNotSupported:
      return {number, "The request is not supported."};
    case kBadParameter:
      return {number, "The parameter is incorrect."};
    case 3:
      return {number, "The system cannot find the path specified."};
    default:
      return {number, "failed to retrieve text for this error. Reason: 15105"};
  }
}

std::optional<BackupLocation> parse_backup_url(const std::string& url) {
  if (!url.starts_with(kScheme)) return std::nullopt;
  BackupLocation location;
  const std::size_t slash = url.find('/', kScheme.size());
  if (slash == std::string::npos || slash == kScheme.size()) return std::nullopt;
  location.host = url.substr(kScheme.size(), slash - kScheme.size());
  location.key = url.substr(slash + 1);
  location.region = region_of(location.host);
  const std::string name = location.host.substr(0, location.host.find(':'));
  const bool address =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
  location.path_style =
      address || name.starts_with("s3.") || name.starts_with("s3-") || name.find('.') == std::string::npos;
  if (location.path_style) {
    const std::size_t end = location.key.find('/');
    if (end == std::string::npos) return std::nullopt;
    location.bucket = location.key.substr(0, end);
    location.key = location.key.substr(end + 1);
  } else {
    split_virtual_host(location);
  }
  if (location.bucket.empty() || location.key.empty()) return std::nullopt;
  return location;
}

BackupObject::BackupObject(net::HttpTransport& transport, const Clock& clock, std::string endpoint,
                           BackupLocation location, aws::Credentials credentials, std::string region)
    : transport_(transport),
      clock_(clock),
      endpoint_(std::move(endpoint)),
      location_(std::move(location)),
      credentials_(std::move(credentials)),
      scope_{std::move(region), "s3"} {}

tl::expected<net::HttpResponse, OsError> BackupObject::send(const std::string& method, const std::string& key,
                                                            const std::string& query, std::string body) {
  net::HttpRequest request;
  request.timeout = kPatience;
  request.method = method;
  const std::string base = endpoint_.empty() ? "https://" + location_.host : endpoint_;
  const bool bucket_in_path = location_.path_style || !endpoint_.empty();
  request.url = base + (bucket_in_path ? "/" + location_.bucket : "") + "/" + encode(key, true) +
                (query.empty() ? "" : "?" + query);
  request.body = std::move(body);
  aws::sign(request, credentials_, scope_, clock_.now());
  auto response = transport_.send(std::move(request));
  if (!response) return tl::unexpected<OsError>(of_transport(response.error()));
  if (response->status / 100 != 2) return tl::unexpected<OsError>(of_status(*response));
  return std::move(*response);
}

tl::expected<bool, OsError> BackupObject::exists() {
  const auto response = send("GET", "", "list-type=2&max-keys=1&prefix=" + encode(location_.key, false));
  if (!response) return tl::unexpected<OsError>(response.error());
  return element(response->body, "Key") == location_.key;
}

std::optional<OsError> BackupObject::begin_upload() {
  const auto response = send("POST", location_.key, "uploads=");
  if (!response) return response.error();
  upload_id_ = element(response->body, "UploadId");
  if (upload_id_.empty()) return os_error(kBadParameter);
  return std::nullopt;
}

std::optional<OsError> BackupObject::upload_part(std::string bytes) {
  const std::string number = std::to_string(etags_.size() + 1);
  const auto response =
      send("PUT", location_.key, "partNumber=" + number + "&uploadId=" + encode(upload_id_, false),
           std::move(bytes));
  if (!response) return response.error();
  etags_.emplace_back(response->header("ETag"));
  return std::nullopt;
}

std::optional<OsError> BackupObject::complete_upload() {
  std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < etags_.size(); ++i) {
    body +=
        "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + etags_[i] + "</ETag></Part>";
  }
  const auto response = send("POST", location_.key, "uploadId=" + encode(upload_id_, false),
                             body + "</CompleteMultipartUpload>");
  if (!response) return response.error();
  // S3 may answer 200 and then report an error in the body.
  if (response->body.find("<Error>") != std::string::npos) return os_error(kBadParameter);
  return std::nullopt;
}

tl::expected<std::string, OsError> BackupObject::read() {
  auto response = send("GET", location_.key, "");
  if (!response) return tl::unexpected<OsError>(response.error());
  return std::move(response->body);
}

}  // namespace keyturn::sim
