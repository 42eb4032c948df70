#include "aws/signing.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <vector>

#include "aws/uri.h"
#include "base/digest.h"

namespace keyturn::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = char(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Trims, and makes one space of every run of blanks (folded header lines included).
std::string squeeze(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!is_blank(c)) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

// Drops empty and "." segments and resolves "..", as every service but S3 does.
std::string normalize(std::string_view path) {
  std::vector<std::string_view> kept;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, slash - at);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    at = slash + 1;
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  if (result.empty() || (!path.empty() && path.back() == '/')) result += '/';
  return result;
}

std::string canonical_path(std::string_view path, bool normalize_path) {
  if (normalize_path) return percent_encode(normalize(path), "/");
  // As it stands; only what no request line can carry is encoded.
  return path.empty() ? "/" : percent_encode(path, "/%!$&'()*+,;=:@");
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::size_t at = 0;
  while (at < query.size()) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      pairs.emplace_back(percent_encode(pair.substr(0, equals), "%"),
                         equals < pair.size() ? percent_encode(pair.substr(equals + 1), "%") : std::string{});
    at = end + 1;
  }
  std::sort(pairs.begin(), pairs.end());
  std::string result;
  for (const auto& [name, value] : pairs) {
    if (!result.empty()) result += '&';
    result.append(name).append("=").append(value);
  }
  return result;
}

// Headers of one name are joined by commas, in order.
std::map<std::string, std::string> canonical_headers(const net::Headers& headers) {
  std::map<std::string, std::string> joined;
  for (const auto& [name, value] : headers) {
    const auto [entry, is_new] = joined.try_emplace(lower(name), squeeze(value));
    if (!is_new) entry->second += "," + squeeze(value);
  }
  return joined;
}

Sha256 hmac_wiping_key(Sha256 key, std::string_view bytes) {
  const Sha256 result = hmac_sha256(as_view(key), bytes);
  wipe_memory(key.data(), key.size());
  return result;
}

std::string sign_text(const SecretString& secret, std::string_view date, const SigningScope& scope,
                      std::string_view text) {
  SecretString start("AWS4");
  start.append(secret);
  Sha256 key = hmac_sha256(start.reveal(), date);
  key = hmac_wiping_key(key, scope.region);
  key = hmac_wiping_key(key, scope.service);
  key = hmac_wiping_key(key, "aws4_request");
  const Sha256 signature = hmac_wiping_key(key, text);
  wipe_memory(key.data(), key.size());
  return to_hex(as_view(signature));
}

std::string scope_text(std::string_view date, const SigningScope& scope) {
  return std::string(date) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

std::string host_of(const UrlParts& url) {
  const bool default_port = url.port.empty() || (url.scheme == "https" && url.port == "443") ||
                            (url.scheme == "http" && url.port == "80");
  return default_port ? std::string(url.host) : std::string(url.host) + ":" + std::string(url.port);
}

bool stays_unsigned(std::string_view name) {
  constexpr std::array<std::string_view, 6> kUnsigned{
      "user-agent", "expect", "connection", "transfer-encoding", "authorization", "x-amzn-trace-id"};
  return std::find(kUnsigned.begin(), kUnsigned.end(), name) != kUnsigned.end();
}

}  // namespace

SignedPieces compute_signature(const std::string& method, const std::string& target,
                               const net::Headers& headers, const std::string& signed_headers,
                               const std::string& payload_hash, const SecretString& secret_access_key,
                               const SigningScope& scope, const std::string& amz_date, bool normalize_path) {
  const std::size_t mark = target.find('?');
  const std::string_view path = std::string_view(target).substr(0, mark);
  const std::string_view query =
      mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);

  SignedPieces pieces;
  std::string& request = pieces.canonical_request;
  request = method + "\n" + canonical_path(path, normalize_path) + "\n" + canonical_query(query) + "\n";
  const auto all = canonical_headers(headers);
  std::size_t at = 0;
  while (at < signed_headers.size()) {
    const std::size_t end = std::min(signed_headers.find(';', at), signed_headers.size());
    const std::string name = signed_headers.substr(at, end - at);
    const auto found = all.find(name);
    request += name + ":" + (found == all.end() ? std::string{} : found->second) + "\n";
    at = end + 1;
  }
  request += "\n" + signed_headers + "\n" + payload_hash;

  const std::string_view date = std::string_view(amz_date).substr(0, 8);
  pieces.string_to_sign = std::string(kAlgorithm) + "\n" + amz_date + "\n" + scope_text(date, scope) + "\n" +
                          sha256_hex(pieces.canonical_request);
  pieces.signature = sign_text(secret_access_key, date, scope, pieces.string_to_sign);
  return pieces;
}

void sign(net::HttpRequest& request, const Credentials& credentials, const SigningScope& scope,
          TimePoint now) {
  const bool is_s3 = scope.service == "s3";
  const std::string amz_date = format_basic_iso8601(now);
  const std::string payload_hash = sha256_hex(request.body);
  request.headers.emplace_back("X-Amz-Date", amz_date);
  if (is_s3) request.headers.emplace_back("x-amz-content-sha256", payload_hash);
  if (!credentials.session_token.empty())
    request.headers.emplace_back("X-Amz-Security-Token", std::string(credentials.session_token.reveal()));

  const UrlParts url = split_url(request.url);
  net::Headers headers = request.headers;
  headers.emplace_back("Host", host_of(url));
  std::string signed_headers;
  for (const auto& [name, value] : canonical_headers(headers)) {
    if (stays_unsigned(name)) continue;
    signed_headers += (signed_headers.empty() ? "" : ";") + name;
  }
  const SignedPieces pieces =
      compute_signature(request.method, std::string(url.target), headers, signed_headers, payload_hash,
                        credentials.secret_access_key, scope, amz_date, !is_s3);
  request.headers.emplace_back("Authorization",
                               std::string(kAlgorithm) + " Credential=" + credentials.access_key_id + "/" +
                                   scope_text(std::string_view(amz_date).substr(0, 8), scope) +
                                   ", SignedHeaders=" + signed_headers + ", Signature=" + pieces.signature);
}

}  // namespace keyturn::aws
