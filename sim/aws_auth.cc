#include "sim/aws_auth.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

#include "aws/signing.h"
#include "base/digest.h"
#include "sim/xml_text.h"

namespace keyturn::sim {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr Duration kMaxSkew = std::chrono::minutes{15};

// "AKIA…/20260102/us-east-1/iam/aws4_request"
void read_scope(const std::string& credential, SignatureClaim& claim) {
  std::vector<std::string> parts;
  std::stringstream stream(credential);
  for (std::string part; std::getline(stream, part, '/');) parts.push_back(part);
  if (parts.size() != 5 || parts[4] != "aws4_request") return;
  claim.access_key_id = parts[0];
  claim.date = parts[1];
  claim.region = parts[2];
  claim.service = parts[3];
}

SignatureClaim read_header_claim(const AwsRequest& request, std::string_view authorization) {
  SignatureClaim claim;
  std::string credential;
  authorization.remove_prefix(kAlgorithm.size());
  while (!authorization.empty()) {
    const std::size_t end = std::min(authorization.find(','), authorization.size());
    std::string_view part = authorization.substr(0, end);
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string value(part.substr(std::min(equals + 1, part.size())));
    if (part.substr(0, equals) == "Credential") credential = value;
    if (part.substr(0, equals) == "SignedHeaders") claim.signed_headers = value;
    if (part.substr(0, equals) == "Signature") claim.signature = value;
    authorization.remove_prefix(std::min(end + 1, authorization.size()));
  }
  if (!claim.signed_headers.empty() && !claim.signature.empty()) read_scope(credential, claim);
  claim.amz_date = request.header("x-amz-date");
  claim.session_token = request.header("x-amz-security-token");
  return claim;
}

SignatureClaim read_presigned_claim(const AwsRequest& request) {
  SignatureClaim claim;
  claim.presigned = true;
  claim.signed_headers = request.query.get_or("X-Amz-SignedHeaders", "");
  claim.signature = request.query.get_or("X-Amz-Signature", "");
  claim.amz_date = request.query.get_or("X-Amz-Date", "");
  claim.session_token = request.query.get_or("X-Amz-Security-Token", "");
  const std::string expires = request.query.get_or("X-Amz-Expires", "");
  std::int64_t seconds = 0;
  std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
  claim.valid_for = std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 604'800));
  if (!claim.signed_headers.empty() && !claim.signature.empty())
    read_scope(request.query.get_or("X-Amz-Credential", ""), claim);
  return claim;
}

// The target without the signature itself, which can't be part of what is signed.
std::string signed_target(const AwsRequest& request, bool presigned) {
  const std::size_t at = presigned ? request.target.find("X-Amz-Signature=") : std::string::npos;
  if (at == std::string::npos) return request.target;
  const std::size_t end = std::min(request.target.find('&', at), request.target.size());
  std::string rest =
      request.target.substr(0, at) + request.target.substr(std::min(end + 1, request.target.size()));
  if (rest.back() == '&' || rest.back() == '?') rest.pop_back();
  return rest;
}

std::optional<TimePoint> parse_amz_date(const std::string& text) {
  if (text.size() != 16) return std::nullopt;
  const auto time =
      parse_iso8601(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) + "T" +
                    text.substr(9, 2) + ":" + text.substr(11, 2) + ":" + text.substr(13, 2) + "Z");
  return time ? std::optional(*time) : std::nullopt;
}

std::optional<AuthFailure> check_time(const SignatureClaim& claim, TimePoint now) {
  const auto signed_at = parse_amz_date(claim.amz_date);
  if (!signed_at || claim.amz_date.substr(0, 8) != claim.date)
    return AuthFailure{
        AuthProblem::malformed, "Date in the credential scope does not match the request's X-Amz-Date.", {}};
  const TimePoint last = *signed_at + (claim.presigned ? claim.valid_for : kMaxSkew);
  const std::string times = claim.amz_date +
                            (last < now ? " is now earlier than " : " is still later than ") +
                            format_basic_iso8601(now + (last < now ? -kMaxSkew : kMaxSkew));
  const std::string server_time = xml_text("ServerTime", format_iso8601(now));
  if (last < now) return AuthFailure{AuthProblem::clock_skew, "Signature expired: " + times, server_time};
  if (now + kMaxSkew < *signed_at)
    return AuthFailure{AuthProblem::clock_skew, "Signature not yet current: " + times, server_time};
  return std::nullopt;
}

// S3 refuses x-amz- headers that nobody signed, and Host must always be signed.
bool signs_what_it_must(const AwsRequest& request, const SignatureClaim& claim) {
  const std::string names = ";" + claim.signed_headers + ";";
  if (names.find(";host;") == std::string::npos) return false;
  return std::all_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
    std::string name = header.first;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return char(std::tolower(c)); });
    return !name.starts_with("x-amz-") || names.find(";" + name + ";") != std::string::npos;
  });
}

std::string payload_hash(const AwsRequest& request, bool presigned) {
  if (const std::string stated = request.header("x-amz-content-sha256"); !stated.empty()) return stated;
  return presigned ? "UNSIGNED-PAYLOAD" : sha256_hex(request.body);
}

}  // namespace

std::optional<SignatureClaim> read_claim(const AwsRequest& request) {
  const std::string authorization = request.header("authorization");
  if (authorization.starts_with(kAlgorithm)) return read_header_claim(request, authorization);
  if (!authorization.empty()) return SignatureClaim{};
  if (request.query.has("X-Amz-Signature")) return read_presigned_claim(request);
  return std::nullopt;
}

Verdict verify(const AwsRequest& request, const SignatureClaim& claim, const Iam& iam, TimePoint now) {
  const auto fail_with = [](AuthProblem problem, std::string detail, std::string extra = {}) {
    return tl::unexpected(AuthFailure{problem, std::move(detail), std::move(extra)});
  };
  if (claim.access_key_id.empty())
    return fail_with(
        AuthProblem::malformed,
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.");
  if (auto failure = check_time(claim, now)) return tl::unexpected(*failure);
  Caller caller = iam.authenticate(claim.access_key_id);
  const std::string key_xml = xml_text("AWSAccessKeyId", claim.access_key_id);
  if (caller.state == KeyState::expired) return fail_with(AuthProblem::expired_token, {});
  if (caller.state != KeyState::usable || caller.session_token != claim.session_token)
    return fail_with(AuthProblem::unknown_key, {}, key_xml);
  const auto pieces = aws::compute_signature(
      request.method, signed_target(request, claim.presigned), request.headers, claim.signed_headers,
      payload_hash(request, claim.presigned), SecretString(caller.secret), {claim.region, claim.service},
      claim.amz_date, claim.service != "s3");
  if (pieces.signature != claim.signature || !signs_what_it_must(request, claim))
    return fail_with(AuthProblem::bad_signature, {},
                     key_xml + xml_text("StringToSign", pieces.string_to_sign) +
                         xml_text("CanonicalRequest", pieces.canonical_request));
  return caller;
}

}  // namespace keyturn::sim
